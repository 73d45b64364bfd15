import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Busboy, type BusboyFileStream } from '@fastify/busboy';
import { HoldfastError } from '../../core/errors.ts';
import type { DropFile } from '../../file-drop/drop-file.ts';
import { FileStoreError } from '../../file-drop/file-store.ts';
import { DetailError } from '../detail.ts';

/** The field that files are sent in. */
export const FILES_FIELD = 'files[]';

export interface FormLimits {
  readonly maxFiles: number;
  readonly maxFileBytes: number;
}

/**
 * The files of a multipart form, one by one as they come; the next comes once the bytes of the last were read or given up.
 * Their bytes are never kept.
 */
export class FormFiles implements AsyncIterable<DropFile> {
  /** How many there are to be, where the sender said so: a scheduler in mode `auto` reads it. */
  readonly size: number | undefined;
  readonly #limits: FormLimits;
  readonly #stop = new AbortController();
  readonly #streams: BusboyFileStream[] = [];
  readonly #waiting: DropFile[] = [];
  #wake: (() => void) | undefined;
  #ended = false;
  #fault: unknown;
  #otherFields = 0;

  constructor(bytes: AsyncIterable<Uint8Array>, contentType: string, limits: FormLimits, size?: number) {
    this.size = size;
    this.#limits = limits;
    const form = openForm(contentType, limits);
    form.on('file', (field, stream, filename) => this.#add(field, stream, filename));
    form.on('field', () => {
      this.#otherFields += 1;
    });
    form.on('filesLimit', () => {
      this.#stop.abort(
        new DetailError(413, `the form has over ${limits.maxFiles} files, which is the limit`),
      );
    });
    const source = Readable.from(bytes, { objectMode: false });
    pipeline(source, form, { signal: this.#stop.signal }).then(
      () => this.#end(undefined),
      (error: unknown) => this.#end(this.#stop.signal.aborted ? this.#stop.signal.reason : error),
    );
  }

  /** How many came so far. */
  get count(): number {
    return this.#streams.length;
  }

  /**
   * What was wrong with the form as a whole; to be asked once its files have ended. What came before that is whole.
   *
   * @throws what is neither the form's nor the client's fault
   */
  fault(): DetailError | undefined {
    const fault = this.#fault;
    if (fault instanceof DetailError) return fault;
    if (fault instanceof Error && /unexpected end of multipart|terminated early/i.test(fault.message)) {
      return new DetailError(400, 'the form ended before its closing boundary; send it again');
    }
    if (fault !== undefined) throw fault;
    if (this.count > 0) return undefined;
    const other = this.#otherFields > 0 ? `, only ${this.#otherFields} other fields` : '';
    return new DetailError(422, `the form has no file${other}; send each in a field named ${FILES_FIELD}`);
  }

  /** Lets go of the bytes of a file that were not read. */
  release(position: number): void {
    this.#streams[position]?.resume();
  }

  /** Ends it, whatever comes. */
  stop(reason: unknown): void {
    this.#stop.abort(reason);
  }

  [Symbol.asyncIterator](): AsyncIterator<DropFile, undefined> {
    return {
      next: async () => {
        while (this.#waiting.length === 0 && !this.#ended) {
          await new Promise<void>((resolve) => {
            this.#wake = resolve;
          });
        }
        const file = this.#waiting.shift();
        return file === undefined ? { done: true, value: undefined } : { done: false, value: file };
      },
      return: async () => {
        this.#stop.abort(new HoldfastError('the files are not wanted any more', { code: 'FORM_STOPPED' }));
        return { done: true, value: undefined };
      },
    };
  }

  #add(field: string, stream: BusboyFileStream, filename: string | undefined): void {
    // Whoever reads it is told by the iterator; a stream that nobody reads must not end the process.
    stream.on('error', () => undefined);
    this.#streams.push(stream);
    const body = field === FILES_FIELD ? limited(stream, this.#limits.maxFileBytes) : misplaced(field);
    this.#waiting.push({ name: plainName(filename ?? ''), body });
    this.#wake?.();
  }

  #end(fault: unknown): void {
    this.#fault = fault;
    this.#ended = true;
    // The last one may not be whole.
    if (fault !== undefined) this.#streams.at(-1)?.destroy(cutOff(fault));
    this.#wake?.();
  }
}

function openForm(contentType: string, { maxFiles }: FormLimits) {
  if (!/^multipart\/form-data *(?:;|$)/i.test(contentType)) {
    const message = `send a multipart form (content-type: multipart/form-data) with the files in ${FILES_FIELD}`;
    throw new DetailError(415, message);
  }
  try {
    return new Busboy({
      headers: { 'content-type': contentType },
      // A name is only ever a text here.
      preservePath: true,
      limits: { files: maxFiles, fields: 100, fieldSize: 1_024 },
    });
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    throw new DetailError(400, 'the content-type of the form has no boundary that can be used');
  }
}

async function* limited(stream: Readable, maxBytes: number): AsyncGenerator<Uint8Array, undefined> {
  let bytes = 0;
  try {
    // It must be read to its end, or the form would go no further.
    for await (const chunk of stream.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>) {
      bytes += chunk.byteLength;
      if (bytes > maxBytes) {
        throw new FileStoreError('FILE_TOO_LARGE', `the file is over ${maxBytes} bytes, which is the limit`);
      }
      yield chunk;
    }
  } catch (error) {
    throw error instanceof HoldfastError ? error : cutOff(error);
  } finally {
    stream.resume();
  }
}

// biome-ignore lint/correctness/useYield: it has no bytes, only the reason.
async function* misplaced(field: string): AsyncGenerator<Uint8Array, undefined> {
  const shown = JSON.stringify(field.slice(0, 100));
  throw new HoldfastError(`it came in the field ${shown}; send files in ${FILES_FIELD}`, {
    code: 'WRONG_FIELD',
  });
}

const cutOff = (cause: unknown) =>
  new HoldfastError('the upload ended before the file was whole', { code: 'FILE_CUT_OFF', cause });

/** As browsers write names (HTML standard, "multipart/form-data encoding algorithm"): these three, and no more. */
const plainName = (name: string): string => name.replace(/%0A|%0D|%22/gi, (code) => decodeURIComponent(code));
