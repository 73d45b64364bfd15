/**
 * What a network does beyond the faults of the nodes themselves:
 *
 * - `request-lost`: never arrives; no answer
 * - `answer-lost`: carried out; no answer
 * - `request-held`: arrives later than others that were sent after it, maybe after its sender has given up
 * - `answer-held`: carried out, answered as late as that
 * - `gateway-late`: a proxy gives up with its own 502, and carries the request out afterwards
 *
 * @useDeclaredType
 */
export type NetworkFault = (typeof NETWORK_FAULTS)[number];

export const NETWORK_FAULTS = [
  'request-lost',
  'answer-lost',
  'request-held',
  'answer-held',
  'gateway-late',
] as const;
