/** RFC 3339 in whole seconds, as the API server writes times: `2026-01-31T08:00:00Z`. */
export const timestamp = (milliseconds: number): string =>
  new Date(milliseconds).toISOString().replace(/\.\d+Z$/, 'Z');

/**
 * A time with exactly six decimals, in UTC, as Leases have it.
 * @throws RangeError with the words of Go's parser.
 */
export function microTime(text: string): string {
  return inUtc(text, /^(\.\d{6})/, '.000000', '2006-01-02T15:04:05.000000Z07:00');
}

/**
 * A time in whole seconds, in UTC; decimals are taken and dropped.
 * @throws RangeError with the words of Go's parser.
 */
export function wholeSeconds(text: string): string {
  return inUtc(text, /^(\.\d+)?/, '', '2006-01-02T15:04:05Z07:00');
}

function inUtc(text: string, decimals: RegExp, decimalsLayout: string, layout: string): string {
  const fail = (rest: string, expected: string) =>
    new RangeError(
      `parsing time ${JSON.stringify(text)} as ${JSON.stringify(layout)}: ` +
        `cannot parse ${JSON.stringify(rest)} as ${JSON.stringify(expected)}`,
    );
  const match = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)/.exec(text);
  if (match === null) throw fail(text, '2006');
  const afterSeconds = text.slice(match[0].length);
  const fraction = decimals.exec(afterSeconds);
  if (fraction === null) throw fail(afterSeconds, decimalsLayout);
  const zone = afterSeconds.slice(fraction[0].length);
  if (!/^(Z|[+-]\d\d:\d\d)$/.test(zone)) throw fail(zone, 'Z07:00');
  const seconds = Date.parse(`${match[0]}${zone}`);
  if (Number.isNaN(seconds)) throw new RangeError(`parsing time ${JSON.stringify(text)}: out of range`);
  const shown = decimalsLayout === '' ? '' : fraction[0];
  return new Date(seconds).toISOString().replace('.000Z', `${shown}Z`);
}
