import * as v from 'valibot';
import { count } from './validate.ts';

/** This process' part of work that several processes share. */
export interface Shard {
  /** From 0, below `of`. */
  readonly index: number;
  /** How many parts there are; at least 1. */
  readonly of: number;
}

export const shard = v.pipe(
  v.strictObject({ index: count(0), of: count(1) }),
  v.check(
    ({ index, of }) => index < of,
    ({ input }) => `expected an index below ${input.of}, received ${input.index}; it counts from 0`,
  ),
);

/**
 * The shard that an id belongs to: of the id alone, so that it is the same in every process, in whatever order ids come and
 * whichever others there are. FNV-1a over its UTF-16 code units, mixed as MurmurHash3 ends, modulo `of`; it will not change.
 */
export function shardOf(id: string, of: number): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < id.length; at += 1) hash = Math.imul(hash ^ id.charCodeAt(at), 0x01000193);
  // The low bits of FNV alone are uneven for ids that count up.
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) % of;
}

/** The ids of one shard, in their order. An array stays one, so that it is known how many there are. */
export function inShard(
  ids: Iterable<string> | AsyncIterable<string>,
  part: Shard | undefined,
): Iterable<string> | AsyncIterable<string> {
  if (part === undefined || part.of === 1) return ids;
  const { index, of } = part;
  // What is no text is refused once, by the shard it would be in as one.
  const isMine = (id: unknown) => shardOf(String(id), of) === index;
  if (Array.isArray(ids)) return ids.filter(isMine);
  if (isIterable(ids)) return filter(ids, isMine);
  return isAsyncIterable(ids) ? filterAsync(ids, isMine) : ids;
}

// A string is refused by the run, and so is whatever cannot be iterated.
const isIterable = (ids: unknown): ids is Iterable<string> =>
  typeof ids === 'object' && ids !== null && Symbol.iterator in ids;

const isAsyncIterable = (ids: unknown): ids is AsyncIterable<string> =>
  typeof ids === 'object' && ids !== null && Symbol.asyncIterator in ids;

/** Leaving a loop over it early closes what it reads from. */
function* filter(ids: Iterable<string>, isMine: (id: unknown) => boolean): Iterable<string> {
  for (const id of ids) if (isMine(id)) yield id;
}

async function* filterAsync(
  ids: AsyncIterable<string>,
  isMine: (id: unknown) => boolean,
): AsyncIterable<string> {
  for await (const id of ids) if (isMine(id)) yield id;
}
