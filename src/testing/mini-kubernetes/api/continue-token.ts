import { isJsonObject } from '../store/json.ts';
import { badRequest } from '../store/refusals.ts';

/** Where a list goes on: after the key `after`, in the state of `version`; a negative version is the newest. */
export interface ContinueToken {
  readonly version: number;
  /** `name`, or `namespace/name` where the list is of all namespaces. */
  readonly after: string;
}

/** Ends `start`: the list goes on with the key that follows. */
const NEXT = '\u0000';

export const writeContinueToken = ({ version, after }: ContinueToken): string =>
  Buffer.from(JSON.stringify({ v: 'meta.k8s.io/v1', rv: version, start: after + NEXT })).toString(
    'base64url',
  );

/** @throws StatusError 400 for what is no token. */
export function readContinueToken(token: string): ContinueToken {
  const text = Buffer.from(token, 'base64url').toString('latin1');
  const content = parse(text);
  if (!isJsonObject(content)) throw invalidToken('it is not an object');
  const { v, rv, start } = content;
  if (v !== 'meta.k8s.io/v1')
    throw badRequest(`invalid continue token: server does not recognize this encoded version "${v}"`);
  if (typeof rv !== 'number' || rv === 0)
    throw invalidToken('incorrect encoded start resourceVersion (version meta.k8s.io/v1)');
  if (typeof start !== 'string' || start === '')
    throw invalidToken('encoded start key empty (version meta.k8s.io/v1)');
  // A first page's token begins with a slash in real ones.
  return { version: rv, after: start.replace(/^\//, '').replace(NEXT, '') };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw invalidToken(`invalid character ${quoted(text)} looking for beginning of value`);
  }
}

const invalidToken = (why: string) => badRequest(`invalid continue token: continue key is not valid: ${why}`);

/** The first character as Go quotes it. */
function quoted(text: string): string {
  const code = text.charCodeAt(0);
  const isPlain = code >= 0x20 && code < 0x7f;
  return isPlain ? `'${text.charAt(0)}'` : `'\\u${code.toString(16).padStart(4, '0')}'`;
}
