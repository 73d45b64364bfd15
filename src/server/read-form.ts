import { DetailError } from './detail.ts';
import { readText } from './read-text.ts';

/**
 * The fields of a small form, url-encoded or multipart (as `curl -F` sends one); of several with one name the first. Files
 * are passed over.
 *
 * @throws {DetailError} 413 for a body over the limit, 415 for one that says it is something else, 422 for one that is broken
 */
export async function readForm(request: Request, maxBytes: number): Promise<ReadonlyMap<string, string>> {
  const type = request.headers.get('content-type') ?? '';
  if (!FORM.test(type)) {
    const wanted = 'application/x-www-form-urlencoded or multipart/form-data';
    throw new DetailError(415, `send the body as a form, with content-type: ${wanted}`);
  }
  const text = await readText(request, maxBytes);
  const form = await parse(text, type);
  const fields = new Map<string, string>();
  for (const [name, value] of form) {
    if (typeof value === 'string' && !fields.has(name)) fields.set(name, value);
  }
  return fields;
}

const FORM = /^(?:application\/x-www-form-urlencoded|multipart\/form-data) *(?:;|$)/i;

async function parse(text: string, type: string): Promise<FormData> {
  try {
    return await new Response(text, { headers: { 'content-type': type } }).formData();
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new DetailError(422, [
      { loc: ['body'], msg: 'the body is no form of its content-type', type: 'form_invalid' },
    ]);
  }
}
