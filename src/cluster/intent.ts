import type { Clock } from '../core/clock.ts';
import { type GroupDialect, nameOf } from './dialect.ts';
import type { Task } from './drive.ts';
import type { EntryLog, JournalEntry } from './journal.ts';
import type { ReachableNode } from './node-list.ts';
import type { Ending, SagaCommand } from './saga.ts';

interface IntentSettings {
  readonly nodes: readonly ReachableNode[];
  readonly dialect: GroupDialect;
  readonly journal?: EntryLog | undefined;
  readonly clock: Clock;
}

type ClosedAs = Extract<SagaCommand, { readonly type: 'close' }>['as'];

/** What an operation is about to write, as its journal has it for whoever comes after a crash. */
export class Intent {
  readonly #settings: IntentSettings;
  readonly #task: Task;
  #entry: JournalEntry | undefined;

  constructor(settings: IntentSettings, task: Task) {
    this.#settings = settings;
    this.#task = task;
  }

  /** `undefined` where there is no journal; else rejects with what the journal says. `writes`: whether each node is written to. */
  begin(writes: readonly boolean[]): Promise<void> | undefined {
    const { journal } = this.#settings;
    if (journal === undefined) return undefined;
    this.#entry = this.#describe(writes);
    return journal.begin(this.#entry);
  }

  /** As `begin`, and `undefined` where nothing was begun. Milliseconds until nothing of it can take effect any more. */
  end(as: ClosedAs, ending: Ending | undefined, unsettledFor: number): Promise<void> | undefined {
    const { journal, clock } = this.#settings;
    if (journal === undefined || this.#entry === undefined) return undefined;
    const until = unsettledFor > 0 ? { unsettledUntil: clock.now() + unsettledFor } : {};
    const { supersedes } = this.#task;
    if (supersedes === undefined || as === 'unresolved' || ending === 'good') {
      return journal.end(this.#entry, { as, ...until });
    }
    return reopen(journal, supersedes, until);
  }

  #describe(writes: readonly boolean[]): JournalEntry {
    const { operation, groupId, operationId, supersedes } = this.#task;
    const { nodes, dialect, clock } = this.#settings;
    const [unwritten, written] =
      operation === 'create' ? (['present', 'absent'] as const) : (['absent', 'present'] as const);
    return {
      operation,
      groupId,
      operationId,
      dialect: nameOf(dialect),
      startedAt: clock.now(),
      ...(supersedes === undefined ? {} : { supersedes }),
      nodes: nodes.map(({ name, url }, index) => {
        const write = writes[index] === true;
        return { name, url, write, before: write ? written : unwritten };
      }),
    };
  }
}

/** Everything is as before, and so is what was unresolved then. */
async function reopen(
  journal: EntryLog,
  entry: JournalEntry,
  until: { readonly unsettledUntil?: number },
): Promise<void> {
  await journal.begin(entry);
  await journal.end(entry, { as: 'unresolved', ...until });
}
