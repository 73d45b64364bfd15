import { createHash } from 'node:crypto';
import type { CallResult } from './call.ts';

/** Calls that were answered with the same status and the same text. */
export interface AnswerGroup {
  /** Of a paged call its `pages` and `messages` as JSON. Cut after 65,536 characters, and then ended by `…`. */
  readonly text: string;
  /** HTTP status; of a paged call that of its last page. */
  readonly status: number;
  /** How many calls. */
  readonly count: number;
  /** The names of the pods that answered so, each once. */
  readonly pods: readonly string[];
}

const MOST_GROUPS = 100;
const MOST_CHARACTERS = 65_536;
/** A longer text is remembered by its digest. */
const LONGEST_KEY = 1_024;

/** Puts identical answers together. The first hundred that differ are kept, of the others the number. */
export class AnswerGroups {
  readonly #groups = new Map<string, { text: string; status: number; count: number; pods: Set<string> }>();
  /** Answers that are like none of those kept. */
  others = 0;

  add({ call, response }: CallResult): void {
    if (response === undefined) return;
    const isPaged = 'messages' in response;
    const status = isPaged ? (response.statusCodes.at(-1) ?? 0) : response.status;
    const text = isPaged
      ? JSON.stringify({ pages: response.pages, messages: response.messages })
      : response.text;
    const key = `${status} ${text.length <= LONGEST_KEY ? text : digestOf(text)}`;
    const group = this.#groups.get(key);
    if (group !== undefined) {
      group.count += 1;
      group.pods.add(call.pod);
    } else if (this.#groups.size < MOST_GROUPS) {
      const kept = text.length <= MOST_CHARACTERS ? text : `${text.slice(0, MOST_CHARACTERS)}…`;
      this.#groups.set(key, { text: kept, status, count: 1, pods: new Set([call.pod]) });
    } else this.others += 1;
  }

  /** The most frequent first. */
  list(): AnswerGroup[] {
    return [...this.#groups.values()]
      .sort((a, b) => b.count - a.count)
      .map((group) => ({ ...group, pods: [...group.pods] }));
  }
}

const digestOf = (text: string) => `sha256 ${createHash('sha256').update(text).digest('base64')}`;
