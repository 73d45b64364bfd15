/**
 * The canonical form of a quantity (`0.1` is `100m`, `1000m` is `1`, `0.5Gi` is `512Mi`), as the API server hands
 * quantities out.
 * @returns `undefined` for what is no quantity.
 */
export function canonicalQuantity(text: string): string | undefined {
  const match = /^([+-]?)(\d*)(?:\.(\d*))?(?:([eE][+-]?\d+)|([numkMGTPE]|[KMGTPE]i)?)$/.exec(text);
  if (match === null) return undefined;
  const [, sign = '', whole = '', fraction = '', exponent, suffix = ''] = match;
  if (whole === '' && fraction === '') return undefined;
  const scale = exponent === undefined ? DECIMAL.get(suffix) : 10n ** 9n;
  const binary = BINARY.get(suffix);
  const power = exponent === undefined ? 0 : Number(exponent.slice(1));
  const unit = binary === undefined ? (scale ?? NANO) : binary * NANO;
  const numerator = BigInt(whole + fraction) * unit * 10n ** BigInt(Math.max(power, 0));
  const denominator = 10n ** BigInt(fraction.length + Math.max(-power, 0));
  // Rounded up to nano, as real ones do.
  const nano = (numerator + denominator - 1n) / denominator;
  const canonical = binary === undefined ? inLargest(nano, DECIMAL_DOWN) : inBinary(nano);
  return (sign === '-' && nano !== 0n ? '-' : '') + canonical;
}

const NANO = 10n ** 9n;

const DECIMAL = new Map<string, bigint>([
  ['n', 1n],
  ['u', 10n ** 3n],
  ['m', 10n ** 6n],
  ['', NANO],
  ['k', 10n ** 12n],
  ['M', 10n ** 15n],
  ['G', 10n ** 18n],
  ['T', 10n ** 21n],
  ['P', 10n ** 24n],
  ['E', 10n ** 27n],
]);

const BINARY = new Map<string, bigint>(
  ['Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'].map((suffix, index) => [suffix, 1024n ** BigInt(index + 1)]),
);

const DECIMAL_DOWN = [...DECIMAL].reverse();
const BINARY_DOWN = [...BINARY].map(([suffix, unit]): [string, bigint] => [suffix, unit * NANO]).reverse();

/** A binary quantity that is not whole is written in decimal. */
const inBinary = (nano: bigint): string =>
  nano % NANO === 0n ? inLargest(nano, [...BINARY_DOWN, ['', NANO]]) : inLargest(nano, DECIMAL_DOWN);

function inLargest(nano: bigint, units: readonly (readonly [string, bigint])[]): string {
  if (nano === 0n) return '0';
  const [suffix, unit] = units.find(([, size]) => nano % size === 0n) ?? ['n', 1n];
  return `${nano / unit}${suffix}`;
}
