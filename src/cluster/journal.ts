import type { Lock } from '../core/lock.ts';
import type { ClusterNode, OperationId } from './dialect.ts';

/** What an operation is about to do, written down before its first write leaves. */
export interface JournalEntry {
  /** Names the operation. */
  readonly operationId: OperationId;
  /** The group that it is about. */
  readonly groupId: string;
  /** What it wants. */
  readonly operation: 'create' | 'delete';
  /** The dialect's name. */
  readonly dialect: string;
  /** Every node of the cluster, as the look found it. */
  readonly nodes: readonly JournalNode[];
  /** Wall-clock milliseconds. */
  readonly startedAt: number;
  /**
   * The group's lock has it as well, and has the last word: an entry that is not there any more was ended by whoever held the
   * lock since.
   */
  readonly noted?: boolean;
  /** The open entry that this one took the place of. It is open again when this operation is undone. */
  readonly supersedes?: JournalEntry;
}

/** A node as it was before the operation. */
export interface JournalNode extends ClusterNode {
  /** What the look found. */
  readonly before: 'present' | 'absent';
  /** Whether it is to be written: recovery acts on these nodes only. */
  readonly write: boolean;
}

/** An entry that was begun and not closed, as the journal knows it now. */
export interface OpenEntry extends JournalEntry {
  /**
   * `running`: its owner lives and is at it. `abandoned`: its owner is dead, and whatever it had sent may still take effect.
   * `unresolved`: its operation ended and some node may differ.
   */
  readonly state: 'running' | 'abandoned' | 'unresolved';
  /** Wall-clock milliseconds until which an attempt of the ended operation may still take effect. */
  readonly unsettledUntil?: number;
  /** Whoever began it (a process, say), by any name that no other has: entries of one owner are abandoned together. */
  readonly owner?: string;
}

/** The port for what must be known after a crash. `journalContract` in `holdfast/testing` checks an implementation. */
export interface Journal {
  /** Excludes, key by key, everybody who uses this journal. A dead holder's key is free. */
  readonly lock: Lock;
  /** Resolves once the entry is durable. An open entry of the same group is replaced. */
  begin(entry: JournalEntry): Promise<void>;
  /**
   * Resolves once the end is durable. Until `unsettledUntil` of a closed entry its group is nobody's: where the journal
   * outlives the process, its lock keeps the group until then.
   */
  end(entry: JournalEntry, end: JournalEnd): Promise<void>;
  /** The open entry of this group. */
  openEntry(groupId: string): Promise<OpenEntry | undefined>;
  /** All of them, a few in memory at a time; of those begun or ended meanwhile some. */
  openEntries(): AsyncIterable<OpenEntry>;
  /** Idempotent. Entries stay; those still running are abandoned. */
  close(): Promise<void>;
}

/** The part of a journal that one operation writes. */
export type EntryLog = Pick<Journal, 'begin' | 'end'>;

/** How an operation ended. */
export interface JournalEnd {
  /** `unresolved`: some node may differ, and the entry stays for recovery. */
  readonly as: 'closed' | 'unresolved';
  /** Wall-clock milliseconds until which an attempt of this operation may still take effect. */
  readonly unsettledUntil?: number;
}
