import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigError, ConnectionError, HttpError } from '../core/errors.ts';
import { redactUrl } from '../core/observe.ts';
import { type Attempted, retryAfter, withRetries } from '../core/retry.ts';
import { multipartFile } from './multipart-file.ts';
import { asProcessorError, hadNoConnection, ProcessorError, type ProcessorStage } from './processor-error.ts';
import { type ProcessorOptions, type ProcessorSettings, parseProcessorOptions } from './processor-options.ts';
import { replaceFile } from './safe-files.ts';

/** A file that was sent, and whose result is written. */
export interface ProcessedFile {
  /** Where the result stands. */
  readonly output: string;
  /** Bytes that were sent. */
  readonly sent: number;
  /** Bytes of the result. */
  readonly received: number;
}

/**
 * What runs in a Job's container: downloads a file, sends it to the API as the field `file` of a multipart form and writes
 * the answer under `outputDirectory`, whole or not at all. Bytes go through the disk, never as a whole through memory. The
 * upload is not repeated where the API may have had it.
 *
 * @throws {ConfigError} for options that are wrong
 * @throws ProcessorError that names the stage; `processorExitCode` gives the exit code
 */
export async function processFile(options: ProcessorOptions): Promise<ProcessedFile> {
  const settings = parseProcessorOptions(options);
  const { outputDirectory, target } = settings;
  const output = join(outputDirectory, outputName(settings));
  const input = join(outputDirectory, `.${randomUUID()}.in`);
  await makeDirectory(outputDirectory);
  try {
    const sent = await tries(settings, 'download', (signal) => download(settings, input, signal));
    const received = await tries(settings, 'upload', (signal) =>
      upload(settings, { input, size: sent, output }, signal),
    );
    return { output, sent, received };
  } catch (error) {
    if (error instanceof ProcessorError || error instanceof ConfigError) throw error;
    if (settings.signal?.aborted && error === settings.signal.reason) throw error;
    throw asProcessorError('output', `the file of ${redactUrl(target)} was not processed`, error);
  } finally {
    await rm(input, { force: true });
  }
}

async function tries<T>(
  settings: ProcessorSettings,
  stage: ProcessorStage,
  work: (signal: AbortSignal) => Promise<Attempted<T>>,
): Promise<T> {
  const result = await withRetries(settings, work);
  if (result.ok) return result.value;
  if (result.error instanceof ProcessorError) throw result.error;
  throw asProcessorError(stage, `the ${stage} failed: ${result.error.message}`, result.error);
}

async function download(
  { target, fetch, clock }: ProcessorSettings,
  path: string,
  signal: AbortSignal,
): Promise<Attempted<number>> {
  try {
    const response = await fetch(target, { redirect: 'manual', signal });
    if (response.status !== 200) return refused(response, 'GET', target, clock.now());
    return { ok: true, value: await replaceFile(path, response.body ?? []) };
  } catch (cause) {
    if (isDiskError(cause)) throw asProcessorError('output', 'the file was not written to the disk', cause);
    return { ok: false, error: broken('GET', target, cause), final: false };
  }
}

interface Sending {
  readonly input: string;
  readonly size: number;
  readonly output: string;
}

async function upload(
  { apiUrl, apiToken, filename, fetch, clock }: ProcessorSettings,
  { input, size, output }: Sending,
  signal: AbortSignal,
): Promise<Attempted<number>> {
  const form = multipartFile('file', filename, size, () => createReadStream(input));
  let response: Response;
  try {
    response = await fetch(apiUrl, {
      method: 'POST',
      redirect: 'manual',
      signal,
      headers: {
        ...form.headers,
        accept: 'application/octet-stream',
        ...(apiToken !== undefined && { authorization: apiToken }),
      },
      body: form.body,
      // Without it no stream can be sent.
      duplex: 'half',
    } as RequestInit);
  } catch (cause) {
    return { ok: false, error: broken('POST', apiUrl, cause), final: !hadNoConnection(cause) };
  }
  if (response.status !== 200) return refused(response, 'POST', apiUrl, clock.now());
  return { ok: true, value: await keep(response, apiUrl, output) };
}

/** Writes a result, which is never asked for again: the API has done its work. */
async function keep(response: Response, apiUrl: string, output: string): Promise<number> {
  const url = redactUrl(apiUrl);
  const empty = new ProcessorError('answer', `POST ${url} answered 200 without a result`);
  try {
    return await replaceFile(output, atLeastOne(response.body ?? emptyBody(), empty));
  } catch (error) {
    if (error === empty) throw error;
    const stage = isDiskError(error) ? 'output' : 'answer';
    throw asProcessorError(stage, `the result of POST ${url} was not written whole`, error);
  }
}

async function* atLeastOne(body: AsyncIterable<Uint8Array>, empty: Error) {
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.byteLength;
    yield chunk;
  }
  if (bytes === 0) throw empty;
}

async function* emptyBody(): AsyncIterable<Uint8Array> {
  yield new Uint8Array();
}

async function refused(
  response: Response,
  method: 'GET' | 'POST',
  url: string,
  now: number,
): Promise<Attempted<never>> {
  const { status, headers } = response;
  await response.body?.cancel();
  const error = new HttpError({ status, url: redactUrl(url), method, body: '' });
  const later = status === 425 || status === 429;
  // A read may be repeated after any failure of the server; a write only where nothing happened.
  const again = later || (method === 'GET' && (status >= 500 || status === 408));
  return { ok: false, error, final: !again, wait: retryAfter(headers.get('retry-after'), now) };
}

const broken = (method: string, url: string, cause: unknown) =>
  new ConnectionError(`${method} ${redactUrl(url)} got no complete answer`, { cause });

/** Of the file system's own calls only: a socket's have another `syscall`. */
const isDiskError = (error: unknown): boolean =>
  error instanceof Error &&
  'syscall' in error &&
  /^(open|write|fsync|rename|close)$/.test(String(error.syscall)) &&
  'errno' in error;

async function makeDirectory(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true });
  } catch (cause) {
    throw asProcessorError('output', 'the output directory cannot be made', cause);
  }
}

/** The file's id, where its url ends in one, keeps files of one name apart. */
function outputName({ target, filename }: ProcessorSettings): string {
  const id = /\/(file-drop-[0-9a-f]{32})$/.exec(new URL(target).pathname)?.[1];
  const last = filename.split(/[/\\]/).at(-1) ?? '';
  const plain = last
    .replace(/[^A-Za-z0-9._ -]/g, '_')
    .replace(/^[. ]+/, '')
    .slice(-150);
  return [id, plain].filter((part) => part !== undefined && part !== '').join('-') || 'output';
}
