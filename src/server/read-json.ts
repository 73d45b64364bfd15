import * as v from 'valibot';
import { DetailError, type RequestFault } from './detail.ts';
import { readText } from './read-text.ts';

/**
 * The body of a request, as the schema has it.
 *
 * @throws {DetailError} 413 for a body over the limit, 415 for one that does not say it is JSON, 422 with the path of
 * each fault for one that does not fit
 */
export async function readJson<Schema extends v.GenericSchema>(
  request: Request,
  schema: Schema,
  maxBytes: number,
): Promise<v.InferOutput<Schema>> {
  // What a form of another site can send is none of these types.
  if (!/^application\/(?:[\w.+-]+\+)?json *(?:;|$)/i.test(request.headers.get('content-type') ?? '')) {
    throw new DetailError(415, 'send the body as JSON, with content-type: application/json');
  }
  const result = v.safeParse(schema, parse(await readText(request, maxBytes)));
  if (result.success) return result.output;
  throw new DetailError(422, result.issues.map(faultOf));
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    // The parser's own message quotes the body.
    const msg = text === '' ? 'the body is empty' : 'the body is no JSON';
    throw new DetailError(422, [{ loc: ['body'], msg, type: 'json_invalid' }]);
  }
}

function faultOf(issue: v.BaseIssue<unknown>): RequestFault {
  const loc = ['body', ...(issue.path ?? []).map(({ key }) => key as string | number)];
  const { kind, type, expected, received, message } = issue;
  if (kind === 'schema' && type.endsWith('object')) {
    if (expected === 'never') return { loc, msg: 'is not known here', type: 'extra_forbidden' };
    if (received === 'undefined') return { loc, msg: 'is missing', type: 'missing' };
    return { loc, msg: 'expected an object', type: 'object_type' };
  }
  if (kind === 'schema' && type === 'variant') {
    // What was received in place of an object may be a secret.
    if (expected === 'Object') return { loc, msg: 'expected an object', type: 'object_type' };
    return received === 'undefined'
      ? { loc, msg: 'is missing', type: 'missing' }
      : { loc, msg: `expected ${expected}, received ${received}`, type: 'value_error' };
  }
  return { loc, msg: message, type: 'value_error' };
}
