import type { Journal, JournalEnd, JournalEntry, OpenEntry } from '../../cluster/journal.ts';
import type { Draws } from './draws.ts';
import type { Ledger } from './ledger.ts';
import type { Machine } from './machine.ts';
import { never, type Process } from './process.ts';
import { SharedKeys } from './shared-keys.ts';
import type { Tally } from './tally.ts';
import type { Trace } from './trace.ts';

export interface SimulatedJournalParts {
  readonly machine: Machine;
  readonly draws: Draws;
  readonly ledger: Pick<Ledger, 'recorded' | 'closed' | 'unresolved'>;
  readonly trace: Trace;
  readonly tally: Tally;
  /** Milliseconds that a write takes at most until it is durable, and again until its caller hears of it. */
  readonly lag: number;
  /** The probability that a write fails. */
  readonly failing: number;
}

interface Kept {
  readonly entry: JournalEntry;
  readonly owner: Process;
  readonly end?: JournalEnd;
}

/** One durable journal that several simulated processes share, as they would share a file. */
export class SimulatedJournal {
  /** Nothing fails any more. */
  calm = false;
  readonly #parts: SimulatedJournalParts;
  readonly #open = new Map<string, Kept>();
  /** Of a closed group: until when it is nobody's, by the wall clock and by the other one. */
  readonly #unsettled = new Map<string, { readonly wall: number; readonly time: number }>();
  readonly #keys: SharedKeys;

  constructor(parts: SimulatedJournalParts) {
    this.#parts = parts;
    const { machine, draws, lag } = parts;
    // The operating system frees a dead owner's lock at once.
    this.#keys = new SharedKeys({
      machine,
      draws,
      lag,
      grace: 0,
      left: (key) => this.#left(key),
    });
  }

  /** The journal as one process reaches it. */
  journalOf(process: Process): Journal {
    const read = (groupId: string) => {
      const kept = this.#open.get(groupId);
      return kept === undefined ? undefined : openEntry(kept);
    };
    const listed = () => [...this.#open.values()].map(openEntry);
    const reads = <T>(answer: () => T) => this.#reads(process, answer);
    return {
      lock: this.#keys.lockOf(process),
      begin: (entry) => this.#writes(process, 'begin', entry, () => this.#begin(process, entry)),
      end: (entry, end) => this.#writes(process, `${end.as}`, entry, () => this.#end(process, entry, end)),
      openEntry: (groupId) => reads(() => read(groupId)),
      openEntries: async function* () {
        yield* await reads(listed);
      },
      close: async () => undefined,
    };
  }

  #begin(process: Process, entry: JournalEntry): void {
    this.#open.set(entry.groupId, { entry, owner: process });
    this.#parts.ledger.recorded(process.name, entry.groupId);
  }

  #end(process: Process, entry: JournalEntry, end: JournalEnd): void {
    const { groupId } = entry;
    if (end.as === 'unresolved') {
      this.#open.set(groupId, { entry, owner: process, end });
      this.#parts.ledger.unresolved(groupId);
    } else {
      if (end.unsettledUntil !== undefined) {
        const { machine } = this.#parts;
        const time = machine.timeline.time + end.unsettledUntil - machine.wall();
        this.#unsettled.set(groupId, { wall: end.unsettledUntil, time });
      }
      this.#open.delete(groupId);
      this.#parts.ledger.closed(groupId);
    }
  }

  /** Setting the wall clock forward ends the wait, setting it back does not make it longer. */
  #left(groupId: string): number {
    const { machine } = this.#parts;
    const { wall = 0, time = 0 } = this.#unsettled.get(groupId) ?? {};
    return Math.min(wall - machine.wall(), time - machine.timeline.time);
  }

  /** A process that dies before it is durable has not written; one that dies after it does not know. */
  #writes(process: Process, what: string, { groupId }: JournalEntry, write: () => void): Promise<void> {
    const { machine, draws, trace, tally, lag, failing } = this.#parts;
    if (!process.reach()) return never();
    return new Promise((resolve, reject) => {
      machine.timeline.after(
        draws.whole(0, lag),
        () => {
          if (!process.alive) return;
          const fails = !this.calm && draws.chance(failing);
          trace.say(`journal: ${what} of ${groupId} by ${process.name}${fails ? ' fails' : ' is durable'}`);
          if (fails) tally.fault('journal-write-fails');
          else write();
          machine.timeline.after(draws.whole(0, lag), () => {
            if (!process.reach()) return;
            if (fails) reject(new Error('the journal could not be written'));
            else resolve();
          });
        },
        { quiet: true },
      );
    });
  }

  #reads<T>(process: Process, answer: () => T): Promise<T> {
    const { machine, draws, lag } = this.#parts;
    if (!process.reach()) return never();
    return new Promise((resolve) => {
      machine.timeline.after(draws.whole(0, lag), () => {
        const found = answer();
        if (process.reach()) resolve(found);
      });
    });
  }
}

function openEntry({ entry, owner, end }: Kept): OpenEntry {
  if (end === undefined) return { ...entry, owner: owner.name, state: owner.alive ? 'running' : 'abandoned' };
  const { unsettledUntil } = end;
  return {
    ...entry,
    owner: owner.name,
    state: 'unresolved',
    ...(unsettledUntil === undefined ? {} : { unsettledUntil }),
  };
}
