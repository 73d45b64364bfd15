import { HoldfastError } from '../core/errors.ts';
import { type Attempted, failedForGood } from '../core/retry.ts';
import type { Attempts } from './attempts.ts';
import type { PagedResponse } from './call.ts';
import { type Answer, isRetryable } from './pod-answer.ts';

const MOST_CHARACTERS = 64 * 1024 * 1024;
/** What is nested thousands deep can be read and not be written again. */
const DEEPEST = 100;

/** What a paged call has collected. */
export class Pages {
  readonly #statusCodes: number[] = [];
  readonly #innerStatusCodes: number[] = [];
  readonly #messages: unknown[] = [];
  #pages = 0;
  #characters = 0;

  /**
   * Asks for page after page, with each one's `paginationCursor`, until there is none.
   *
   * Fails as `Attempts.read` does, and with code `PAGE_INVALID` for an answer that is no page, `PAGE_STATUS` for one whose
   * own `statusCode` is not 200, `PAGE_CURSOR_REPEATED` for a cursor that came before and `PAGE_LIMIT` for too many.
   *
   * @throws as `Attempts.read`
   */
  async collect(attempts: Attempts, pageLimit: number): Promise<Attempted<unknown>> {
    const seen = new Set<string>();
    let cursor: string | undefined;
    for (;;) {
      if (this.#pages >= pageLimit || this.#characters > MOST_CHARACTERS) return tooMany(this.#pages);
      const read = await attempts.read(cursor, (answer) => this.#read(answer));
      if (!read.ok) return read;
      const page = read.value;
      this.#pages += 1;
      for (const message of page.messages) this.#messages.push(message);
      cursor = page.cursor;
      if (cursor === undefined) return read;
      if (seen.has(cursor)) return repeated(this.#pages);
      seen.add(cursor);
    }
  }

  /** Until now. */
  response(attempts: number): PagedResponse {
    const response = {
      statusCodes: this.#statusCodes,
      inner_statusCodes: this.#innerStatusCodes,
      messages: this.#messages,
      pages: this.#pages,
      attempt_num: attempts,
    };
    read.set(response, this.#characters);
    return response;
  }

  /** Also counts the statuses of a page that fails. */
  #read({ status, text }: Answer): Attempted<Page> {
    this.#statusCodes.push(status);
    this.#characters += text.length;
    const page = parsePage(text);
    if (page.statusCode !== undefined) this.#innerStatusCodes.push(page.statusCode);
    if (page.problem === undefined) return { ok: true, value: page };
    const { code, message, retryable } = page.problem;
    const error = new HoldfastError(`page ${this.#pages + 1} ${message}`, { code, retryable });
    return { ok: false, error, final: !retryable };
  }
}

/** How much text a response was read from. */
export const charactersOf = (response: PagedResponse): number => read.get(response) ?? 0;

// Beside the response, which is the caller's and shows no sizes.
const read = new WeakMap<PagedResponse, number>();

interface Page {
  readonly statusCode: number | undefined;
  readonly messages: readonly unknown[];
  readonly cursor: string | undefined;
  readonly problem?: { readonly code: string; readonly message: string; readonly retryable: boolean };
}

function parsePage(text: string): Page {
  const value = parseObject(text);
  const statusCode = typeof value?.['statusCode'] === 'number' ? value['statusCode'] : undefined;
  const broken = (message: string): Page => ({
    statusCode,
    messages: [],
    cursor: undefined,
    problem: { code: 'PAGE_INVALID', message, retryable: true },
  });
  if (value === undefined) return broken('is no JSON object');
  if (isDeeper(value, DEEPEST)) return broken(`is nested more than ${DEEPEST} deep`);
  if (statusCode === undefined) return broken('has no "statusCode"');
  if (statusCode !== 200) {
    const message = `has the statusCode ${statusCode} where 200 is expected`;
    return {
      ...broken(message),
      problem: { code: 'PAGE_STATUS', message, retryable: isRetryable(statusCode) },
    };
  }
  const { messages = [], paginationCursor: cursor } = value;
  if (!Array.isArray(messages)) return broken('has "messages" that are no list');
  if (cursor === undefined || cursor === null || cursor === '')
    return { statusCode, messages, cursor: undefined };
  if (typeof cursor !== 'string' && typeof cursor !== 'number')
    return broken('has a "paginationCursor" that is no text');
  return { statusCode, messages, cursor: String(cursor) };
}

function parseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Without recursion, which has an end of its own. */
function isDeeper(value: object, most: number): boolean {
  let level: object[] = [value];
  for (let depth = 1; level.length > 0; depth += 1) {
    if (depth > most) return true;
    const below: object[] = [];
    for (const holder of level) {
      for (const held of Object.values(holder))
        if (typeof held === 'object' && held !== null) below.push(held);
    }
    level = below;
  }
  return false;
}

const tooMany = (pages: number) =>
  failedForGood(
    new HoldfastError(
      `there are more pages after the ${pages}th, which was the last allowed; raise pageLimit`,
      {
        code: 'PAGE_LIMIT',
      },
    ),
  );

const repeated = (pages: number) =>
  failedForGood(
    new HoldfastError(`page ${pages} has a paginationCursor that came before: the pages would never end`, {
      code: 'PAGE_CURSOR_REPEATED',
    }),
  );
