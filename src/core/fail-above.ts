/** How many failures are too many: a count, or a share of all. */
export type FailAbove = number | `${number}%`;

/** Says whether a run with so many failed, of so many that ended as done or failed, is to stop. */
export type FailureLimit = (failed: number, finished: number) => boolean;

const SHARE = /^(\d{1,3})(?:\.(\d{1,6}))?%$/;

/** What is wrong with a value for `failAbove`; `undefined` where nothing is. */
export function failAboveProblem(value: unknown): string | undefined {
  if (Number.isSafeInteger(value) && Number(value) >= 0) return undefined;
  if (typeof value === 'string' && parseShare(value) !== undefined) return undefined;
  const shown = typeof value === 'string' ? `'${value}'` : String(value);
  return `expected a whole number of at least 0 or a share from '0%' to '100%', received ${shown}`;
}

/**
 * A share is one of `total` where that is known. Where it is not, it is one of those finished so far, and is
 * looked at once so many have finished that a single failure is not above it.
 */
export function failureLimit(failAbove: FailAbove | undefined, total: number | undefined): FailureLimit {
  if (failAbove === undefined) return () => false;
  if (typeof failAbove === 'number') return (failed) => failed > failAbove;
  const share = parseShare(failAbove);
  if (share === undefined) throw new RangeError(failAboveProblem(failAbove));
  const { parts, whole } = share;
  if (parts === 0) return (failed) => failed > 0;
  if (total !== undefined) return (failed) => failed * whole > parts * total;
  const enough = Math.ceil(whole / parts);
  return (failed, finished) => finished >= enough && failed * whole > parts * finished;
}

/** As a fraction of whole numbers: 0.7 % of 1,000 is 7, and in floating point it is not. */
function parseShare(text: string): { readonly parts: number; readonly whole: number } | undefined {
  const [match, integer = '', decimals = ''] = SHARE.exec(text) ?? [];
  if (match === undefined) return undefined;
  const parts = Number(integer + decimals);
  const whole = 100 * 10 ** decimals.length;
  return parts <= whole ? { parts, whole } : undefined;
}
