import * as v from 'valibot';
import { parseJson, parseStatus, type Status } from './status.ts';

/** One line of a watch. */
export type WatchLine =
  | {
      readonly kind: 'event';
      readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
      readonly object: WatchedObject;
    }
  | { readonly kind: 'bookmark'; readonly resourceVersion: string }
  /** The server's last line: the watch failed, as with a resourceVersion that is too old. */
  | { readonly kind: 'error'; readonly status: Status };

/** What every object has that the API stores. */
export interface WatchedObject {
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string | undefined;
    readonly uid: string;
    readonly resourceVersion: string;
  };
}

/** What came is no line of a watch, or was cut within one: what it told is not known. */
export class Garbled extends Error {}

/** The lines of a watch as they come. Ends as the body ends; throws what reading it throws, and `Garbled`. */
export async function* readLines(
  body: AsyncIterable<Uint8Array>,
): AsyncGenerator<WatchLine, void, undefined> {
  const decoder = new TextDecoder();
  let begun = '';
  for await (const chunk of body) {
    const [first = '', ...others] = decoder.decode(chunk, { stream: true }).split('\n');
    begun += first;
    if (begun.length > MAX_LINE) throw new Garbled(`a line is over ${MAX_LINE} characters`);
    for (const next of others) {
      if (begun.trim() !== '') yield parseLine(begun);
      begun = next;
    }
  }
  if (begun.trim() !== '') yield parseLine(begun);
}

/** Far above what the API server can store. */
const MAX_LINE = 64 * 1024 * 1024;

function parseLine(text: string): WatchLine {
  const parsed = parseJson(text);
  const line = v.safeParse(wireLine, parsed);
  if (!line.success) throw new Garbled('a line is no event');
  const { type, object } = line.output;
  switch (type) {
    case 'BOOKMARK':
      return { kind: 'bookmark', resourceVersion: object.metadata.resourceVersion };
    case 'ERROR': {
      const status = parseStatus(object);
      if (status === undefined) throw new Garbled('an ERROR line tells no error');
      return { kind: 'error', status };
    }
    default:
      return { kind: 'event', type, object };
  }
}

const text = v.pipe(v.string(), v.nonEmpty());

const wireLine = v.variant('type', [
  v.object({
    type: v.picklist(['ADDED', 'MODIFIED', 'DELETED']),
    object: v.looseObject({
      metadata: v.looseObject({
        name: text,
        namespace: v.optional(v.string()),
        uid: text,
        resourceVersion: text,
      }),
    }),
  }),
  v.object({
    type: v.literal('BOOKMARK'),
    object: v.object({ metadata: v.object({ resourceVersion: text }) }),
  }),
  v.object({ type: v.literal('ERROR'), object: v.unknown() }),
]);
