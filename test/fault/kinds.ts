import { FAULT_KINDS, type FaultKind } from '../../src/testing/fault-schema.ts';

/** Faults that another attempt can get past. A 410 is a refusal, and nobody asks again after one. */
export const PASSING_KINDS: readonly FaultKind[] = FAULT_KINDS.filter((kind) => kind !== 'expired');
