import * as v from 'valibot';
import type { Clock } from '../core/clock.ts';
import type { Hold, ReleaseOptions } from '../core/lock.ts';
import { journalEntry } from './file-journal/entry.ts';
import type { EntryLog, JournalEntry } from './journal.ts';

/** What stands in the locks of a group for whoever takes it next. */
export type GroupNote =
  /** An operation that was begun and not ended: some of its nodes may differ. */
  | { readonly kind: 'open'; readonly entry: JournalEntry }
  /** It ended, and something of it may still take effect for so many milliseconds. */
  | { readonly kind: 'ended'; readonly unsettledFor: number }
  /** Written by something else than this library, or by a later version. */
  | { readonly kind: 'unreadable' };

/** The notes that the locks of a group keep, where they keep any. */
export class GroupNotes {
  readonly #holds: readonly Hold[];
  #standing: GroupNote | undefined;

  constructor(holds: readonly Hold[]) {
    this.#holds = holds.filter(({ note }) => note !== undefined);
    const left = this.#holds.find((hold) => hold.left !== undefined)?.left;
    this.#standing = left === undefined ? undefined : readNote(left);
  }

  /** Whether there is a lock that keeps any. */
  get areKept(): boolean {
    return this.#holds.length > 0;
  }

  get standing(): GroupNote | undefined {
    return this.#standing;
  }

  /** What stands there is over. */
  settle(): void {
    this.#standing = undefined;
  }

  get releaseOptions(): ReleaseOptions {
    return { dropNote: this.#standing?.kind === 'ended' || this.#standing === undefined };
  }

  /**
   * Entries go to the journal and to the locks. `end` gives the group back in the same step where it is the `last` one and
   * nothing of its operation can come late.
   */
  beside(journal: EntryLog | undefined, clock: Clock, last: 'last' | 'more'): EntryLog | undefined {
    if (!this.areKept) return journal;
    return {
      begin: async (entry) => {
        const noted = { ...entry, noted: true };
        await journal?.begin(noted);
        try {
          await this.#write({ kind: 'open', entry });
        } catch (error) {
          // Nothing was written, and what is not in the lock is not open.
          await journal?.end(noted, { as: 'closed' });
          throw error;
        }
      },
      end: async (entry, end) => {
        await journal?.end({ ...entry, noted: true }, end);
        if (end.as === 'unresolved') return;
        const unsettledFor = (end.unsettledUntil ?? 0) - clock.now();
        if (unsettledFor > 0) return this.#write({ kind: 'ended', unsettledFor });
        const holds = this.#holds;
        await Promise.all(
          holds.map((hold) => (last === 'last' ? hold.release({ dropNote: true }) : hold.note?.(undefined))),
        );
        this.#standing = undefined;
      },
    };
  }

  async #write(note: GroupNote): Promise<void> {
    const text = JSON.stringify({ version: 1, ...note });
    await Promise.all(this.#holds.map((hold) => hold.note?.(text)));
    this.#standing = note;
  }
}

function readNote(text: string): GroupNote {
  const { success, output } = v.safeParse(written, text);
  if (!success) return { kind: 'unreadable' };
  const { version: _version, ...note } = output;
  return note;
}

const version = v.literal(1);

const written = v.pipe(
  v.string(),
  v.parseJson(),
  v.variant('kind', [
    v.object({ version, kind: v.literal('open'), entry: journalEntry }),
    v.object({
      version,
      kind: v.literal('ended'),
      unsettledFor: v.pipe(v.number(), v.finite(), v.minValue(0)),
    }),
  ]),
);
