import { isDeepStrictEqual } from 'node:util';
import { type JsonObject, listAt, objectAt, without } from '../store/json.ts';
import { type FieldError, forbiddenValue, requiredValue, unsupportedValue } from './field-error.ts';

/** What is wrong with a PersistentVolumeClaim's spec. */
export function validateVolumeClaim(spec: JsonObject): FieldError[] {
  const modes = listAt(spec['accessModes']).map(String);
  const { storage } = objectAt(objectAt(spec['resources'])['requests']);
  return [
    ...(modes.length === 0 ? [requiredValue('spec.accessModes', 'at least 1 access mode is required')] : []),
    ...modes
      .filter((mode) => !MODES.includes(mode))
      .map((mode) => unsupportedValue('spec.accessModes', JSON.stringify(mode), MODES)),
    ...(storage === undefined ? [requiredValue('spec.resources[storage]')] : []),
  ];
}

const MODES = ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod'];

/** Nothing but what is asked for may change; that a claim is bound first is not asked here, for none ever is. */
export function validateVolumeClaimUpdate(before: JsonObject, after: JsonObject): FieldError[] {
  const fixed = (spec: JsonObject) => without(spec, 'resources', 'volumeAttributesClassName');
  if (isDeepStrictEqual(fixed(before), fixed(after))) return [];
  return [
    forbiddenValue(
      'spec',
      'spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims',
    ),
  ];
}
