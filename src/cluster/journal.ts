import type { ClusterNode, OperationId } from './dialect.ts';
import type { Lock } from '../core/lock.ts';

/** What an operation is about to do, written down before its first write leaves. */
export interface JournalEntry {
  readonly operationId: OperationId;
  readonly groupId: string;
  readonly operation: 'create' | 'delete';
  /** The dialect's name. */
  readonly dialect: string;
  readonly nodes: readonly JournalNode[];
  /** Wall-clock milliseconds. */
  readonly startedAt: number;
}

export interface JournalNode extends ClusterNode {
  /** What the look found. */
  readonly before: 'present' | 'absent';
  /** Whether it is to be written: recovery acts on these nodes only. */
  readonly write: boolean;
}

/** The port for what must be known after a crash. */
export interface Journal {
  /** Excludes, key by key, everybody who uses this journal. */
  readonly lock: Lock;
  /** Resolves once the entry is durable. An open entry of the same group is replaced. */
  begin(entry: JournalEntry): Promise<void>;
  /** Resolves once the end is durable. */
  end(entry: JournalEntry, end: JournalEnd): Promise<void>;
  /** The entry of this group that was begun and not closed. */
  openEntry(groupId: string): Promise<JournalEntry | undefined>;
  close(): Promise<void>;
}

export interface JournalEnd {
  /** `unresolved`: some node may differ, and the entry stays for recovery. */
  readonly as: 'closed' | 'unresolved';
  /** Wall-clock milliseconds until which an attempt of this operation may still take effect. */
  readonly unsettledUntil?: number;
}
