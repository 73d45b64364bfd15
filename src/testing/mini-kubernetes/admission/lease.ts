import type { JsonObject } from '../store/json.ts';
import { type FieldError, invalidValue } from './field-error.ts';

/** What is wrong with a Lease's spec. */
export function validateLease(spec: JsonObject): FieldError[] {
  const { leaseDurationSeconds: duration, leaseTransitions: transitions } = spec;
  return [
    ...(typeof duration === 'number' && duration <= 0
      ? [invalidValue('spec.leaseDurationSeconds', duration, 'must be greater than 0')]
      : []),
    ...(typeof transitions === 'number' && transitions < 0
      ? [invalidValue('spec.leaseTransitions', transitions, 'must be greater than or equal to 0')]
      : []),
  ];
}
