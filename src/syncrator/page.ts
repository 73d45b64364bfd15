import { HoldfastError } from '../core/errors.ts';

/** One page of a list. */
export interface PageContent<T> {
  /** Newest first. */
  readonly items: T[];
  /** Counted from 1. */
  readonly page: number;
}

/**
 * A list: `await` gives one page of it; `for await` gives all items from that page on, a page at a time, each item once.
 * Nothing is asked before. Each loop asks anew.
 *
 * - It is a thenable: returning one from an async function awaits it. Return it in an object to hand it on.
 */
export interface Page<T> extends PromiseLike<PageContent<T>>, AsyncIterable<T> {}

/** So many empty pages in a row are the end: one alone may stand in between. */
const EMPTY_PAGES = 3;
/** So many pages in a row without anything new are no list any more, but a server that gives one page for all. */
const STALE_PAGES = 100;
/** So many ids are remembered, to know rows again that new ones have shifted to a later page. */
const REMEMBERED = 10_000;

export function openPage<T extends { readonly id: number }>(
  first: number,
  fetchPage: (page: number) => Promise<T[]>,
): Page<T> {
  let content: Promise<PageContent<T>> | undefined;
  return {
    // biome-ignore lint/suspicious/noThenProperty: a Page is a thenable.
    then(onFulfilled, onRejected) {
      content ??= fetchPage(first).then((items) => ({ items, page: first }));
      return content.then(onFulfilled, onRejected);
    },
    // A generator answers parallel calls of `next` one after the other, each with an item of its own.
    [Symbol.asyncIterator]: () => iterate(first, fetchPage),
  };
}

async function* iterate<T extends { readonly id: number }>(
  first: number,
  fetchPage: (page: number) => Promise<T[]>,
): AsyncGenerator<T, void, undefined> {
  const seen = new Set<number>();
  let empty = 0;
  let stale = 0;
  for (let page = first; empty < EMPTY_PAGES; page += 1) {
    const items = await fetchPage(page);
    const fresh = items.filter(({ id }) => !seen.has(id) && seen.add(id));
    empty = items.length === 0 ? empty + 1 : 0;
    stale = items.length > 0 && fresh.length === 0 ? stale + 1 : 0;
    if (stale >= STALE_PAGES) throw repeats(page);
    yield* fresh;
    forget(seen);
  }
}

/** A set keeps the order in which its values came. */
function forget(seen: Set<number>): void {
  for (const id of seen) {
    if (seen.size <= REMEMBERED) return;
    seen.delete(id);
  }
}

const repeats = (page: number) =>
  new HoldfastError(
    `the last ${STALE_PAGES} pages up to page ${page} held nothing new: the server seems to pass over the page's number`,
    { code: 'LIST_REPEATS' },
  );
