import { ConfigError } from '../core/errors.ts';

/**
 * A url path in which every interpolated part is percent-encoded, so that it arrives as that very text and cannot
 * reach another address: path`/v1/group/${id}/`.
 *
 * @throws {ConfigError} for what no url can carry: an empty part, a lone surrogate, a control character, a number that
 * is not finite, and a segment that would be `.` or `..`, which the URL standard removes (WHATWG URL, "path state").
 */
export function path(literals: TemplateStringsArray, ...parts: readonly (string | number)[]): string {
  const whole = literals.reduce((before, literal, index) => {
    const part = parts[index - 1];
    return before + encodePart(part, literals) + literal;
  });
  if (!mayHoldDots.test(whole)) return whole;
  const dots = whole
    .replace(/[?#].*$/s, '')
    .split(/[/\\]/)
    .find(isDotSegment);
  if (dots === undefined) return whole;
  refuse(literals, `must not make the segment "${dots}", which a url leaves out`, parts.join(' '));
}

function encodePart(part: unknown, literals: TemplateStringsArray): string {
  if (typeof part === 'number' && Number.isFinite(part)) return String(part);
  if (typeof part !== 'string') refuse(literals, 'must be a text or a finite number', part);
  if (plain.test(part)) return part;
  if (part === '') refuse(literals, 'must not be empty', part);
  if (loneSurrogate.test(part)) refuse(literals, 'must not hold half a surrogate pair', part);
  if (Array.from(part).some(isControl)) refuse(literals, 'must not hold a control character', part);
  return encodeURIComponent(part);
}

/** What encodes to itself: most ids, and quick to tell. */
const plain = /^[\w.~-]+$/;
const mayHoldDots = /\.|%2e/i;
const loneSurrogate = /\p{Surrogate}/u;
// No expression: linters take control characters in one for a mistake.
const isControl = (character: string) => character < ' ' || character === '\u007f';

/** As the URL standard has it: `%2e` is a dot as well. */
function isDotSegment(segment: string): boolean {
  const decoded = segment.replace(/%2e/gi, '.');
  return decoded === '.' || decoded === '..';
}

function refuse(literals: TemplateStringsArray, rule: string, received: unknown): never {
  const shown = typeof received === 'string' ? JSON.stringify(received.slice(0, 80)) : String(received);
  const message = `the part of ${literals.join('…')} ${rule}: received ${shown}; give another value`;
  throw new ConfigError([{ path: '', message }]);
}
