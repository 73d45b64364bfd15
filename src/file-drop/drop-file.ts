import { createReadStream } from 'node:fs';
import { basename } from 'node:path';
import { onAbort } from '../core/abort.ts';
import { ConfigError } from '../core/errors.ts';
import type { Inputs } from '../core/source.ts';
import { mapEach } from './merge.ts';

/** A file to drop: a path, a path with its place in the drop, or a name with bytes from anywhere. */
export type DropFile =
  | string
  | {
      /** Where it is; its last part is the file's name. */
      readonly path: string;
      /** Counted from 0. @default where it comes in `files` */
      readonly position?: number | undefined;
    }
  | {
      /** Any text; it is shown and passed on, and never becomes part of a path. */
      readonly name: string;
      /** Read once, when its turn comes. */
      readonly body: Blob | ReadableStream<Uint8Array> | AsyncIterable<Uint8Array> | Uint8Array;
      /**
       * Counted from 0; what a summary's `rerun` gives has it, so that the file keeps its id.
       * @default where it comes in `files`
       */
      readonly position?: number | undefined;
    };

/** A file with its place in the drop. */
export interface PlacedFile {
  readonly position: number;
  readonly name: string;
  /** The bytes; throws where the file cannot be read. Ends with the reason of the signal when that aborts. */
  open(signal: AbortSignal): AsyncIterable<Uint8Array>;
  /** Gives up bytes that are not wanted. */
  discard(): Promise<void>;
}

/** The files with their places, one by one as they are asked for; an array stays one, so that its length is known. */
export function placeFiles(files: Inputs<DropFile>): Inputs<DropFile> {
  if (Array.isArray(files)) return files.map(placed);
  return Symbol.asyncIterator in files ? placeEachAsync(files) : new PlacedIterable(files);
}

/** What a caller without types passed as a file is one whose bytes cannot be read. */
export function placedFile(file: DropFile): PlacedFile {
  const found = describe(file);
  return {
    position: found.position,
    name: found.name,
    open: (signal) => until(found.open(), signal),
    discard: async () => {
      const { body } = found;
      if (body instanceof ReadableStream && !body.locked) await body.cancel();
      else if (typeof body === 'object' && 'destroy' in body && typeof body.destroy === 'function')
        body.destroy();
    },
  };
}

const placed = (file: DropFile, index: number): DropFile => {
  if (typeof file === 'string') return { path: file, position: index };
  if (typeof file !== 'object' || file === null) return { name: '', body: noFile(file), position: index };
  // Spread would lose what a File or a class has by its prototype.
  const position = file.position ?? index;
  return 'path' in file ? { path: file.path, position } : { name: file.name, body: file.body, position };
};

class PlacedIterable implements Iterable<DropFile> {
  readonly #files: Iterable<DropFile>;
  /** Of a Set or a Map; a run reads it. */
  readonly size: unknown;

  constructor(files: Iterable<DropFile>) {
    this.#files = files;
    this.size = Reflect.get(files, 'size');
  }

  *[Symbol.iterator](): Iterator<DropFile> {
    let index = 0;
    for (const file of this.#files) yield placed(file, index++);
  }
}

/** No generator: where a run fails while the next file is waited for, it must end at once. */
function placeEachAsync(files: AsyncIterable<DropFile>): AsyncIterable<DropFile> {
  let index = 0;
  return mapEach(files, async (file) => placed(file, index++));
}

interface Described {
  readonly position: number;
  readonly name: string;
  readonly body: object;
  open(): AsyncIterable<Uint8Array>;
}

function describe(file: DropFile): Described {
  if (typeof file === 'string') return describe({ path: file });
  const { position = 0 } = file;
  if ('path' in file) {
    const { path } = file;
    const name = typeof path === 'string' ? basename(path) : '';
    return { position, name, body: {}, open: () => readPath(path) };
  }
  const { name, body } = file;
  return { position, name, body, open: () => bytesOf(body) };
}

async function* readPath(path: string): AsyncIterable<Uint8Array> {
  yield* createReadStream(path);
}

async function* bytesOf(body: unknown): AsyncIterable<Uint8Array> {
  if (body instanceof Uint8Array) {
    yield body;
    return;
  }
  const chunks = body instanceof Blob ? body.stream() : body;
  if (typeof chunks !== 'object' || chunks === null || !(Symbol.asyncIterator in chunks)) throw noBytes(body);
  for await (const chunk of chunks as AsyncIterable<unknown>) {
    if (!(chunk instanceof Uint8Array)) throw noBytes(chunk);
    yield chunk;
  }
}

/** Ends at once when the signal aborts, though the bytes may never come. */
async function* until(bytes: AsyncIterable<Uint8Array>, signal: AbortSignal): AsyncIterable<Uint8Array> {
  const iterator = bytes[Symbol.asyncIterator]();
  const cut = Promise.withResolvers<never>();
  // Raced with each chunk, and rejected perhaps between two.
  cut.promise.catch(() => undefined);
  const stop = onAbort(signal, cut.reject);
  let ended = false;
  try {
    for (;;) {
      const result = await Promise.race([iterator.next(), cut.promise]);
      ended = result.done === true;
      if (result.done) return;
      yield result.value;
    }
  } finally {
    stop();
    // Not awaited: a generator that waits for its next bytes answers only when they come. Its error is one of a file
    // that is not wanted any more.
    if (!ended) iterator.return?.().catch(() => undefined);
  }
}

// biome-ignore lint/correctness/useYield: it has no bytes, only the reason.
async function* noFile(received: unknown): AsyncGenerator<Uint8Array> {
  const message = `expected a path, or { name, body }, received ${received === null ? 'null' : typeof received}`;
  throw new ConfigError([{ path: 'file', message }]);
}

const noBytes = (received: unknown) =>
  new ConfigError([
    {
      path: 'file.body',
      message: `expected bytes: a Uint8Array, a Blob or a stream of Uint8Array, received ${typeof received}`,
    },
  ]);
