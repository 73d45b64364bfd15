import * as v from 'valibot';
import type { Clock } from '../core/clock.ts';
import type { Hold, ReleaseOptions } from '../core/lock.ts';
import type { EntryLog, JournalEntry } from './journal.ts';

/** What the last holder of a group left to whoever takes it next. */
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
  /** Whether what stands there is for the next holder. */
  #keep: boolean;

  constructor(holds: readonly Hold[]) {
    this.#holds = holds.filter(({ note }) => note !== undefined);
    this.#keep = this.left.length > 0;
  }

  get left(): readonly GroupNote[] {
    return this.#holds.flatMap(({ left }) => (left === undefined ? [] : [readNote(left)]));
  }

  /** What was left has been ended. */
  settle(): void {
    this.#keep = false;
  }

  get releaseOptions(): ReleaseOptions {
    return { dropNote: !this.#keep };
  }

  /** Entries go to the journal and to the locks. The locks have them longer: what they do not tell of is over. */
  beside(journal: EntryLog | undefined, clock: Clock): EntryLog | undefined {
    if (this.#holds.length === 0) return journal;
    return {
      begin: async (entry) => {
        await journal?.begin(entry);
        await this.#write({ entry });
        this.#keep = true;
      },
      end: async (entry, end) => {
        await journal?.end(entry, end);
        if (end.as === 'unresolved') return;
        const unsettledFor = (end.unsettledUntil ?? 0) - clock.now();
        // Where nothing can come late the group is given back in the same step.
        if (unsettledFor > 0) await this.#write({ unsettledFor });
        else await Promise.all(this.#holds.map((hold) => hold.release({ dropNote: true })));
        this.#keep = false;
      },
    };
  }

  async #write(content: { readonly entry: JournalEntry } | { readonly unsettledFor: number }): Promise<void> {
    const text = JSON.stringify({ version: 1, ...content });
    await Promise.all(this.#holds.map((hold) => hold.note?.(text)));
  }
}

function readNote(text: string): GroupNote {
  const { success, output } = v.safeParse(written, text);
  if (!success) return { kind: 'unreadable' };
  return 'entry' in output ? { kind: 'open', entry: output.entry } : { kind: 'ended', ...output };
}

const version = v.literal(1);

const journalEntry = v.object({
  operationId: v.string(),
  groupId: v.string(),
  operation: v.picklist(['create', 'delete']),
  dialect: v.string(),
  startedAt: v.number(),
  nodes: v.array(
    v.object({
      name: v.string(),
      url: v.string(),
      before: v.picklist(['present', 'absent']),
      write: v.boolean(),
    }),
  ),
});

const written = v.pipe(
  v.string(),
  v.parseJson(),
  v.union([
    v.object({ version, entry: journalEntry }),
    v.object({ version, unsettledFor: v.pipe(v.number(), v.finite(), v.minValue(0)) }),
  ]),
);
