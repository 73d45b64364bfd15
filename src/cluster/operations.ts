import { sleep } from '../core/abort.ts';
import { ConfigError, HoldfastError, TimeoutError } from '../core/errors.ts';
import { KeyLocks } from '../core/key-locks.ts';
import type { Lock } from '../core/lock.ts';
import { trace, tracingChannel } from '../core/observe.ts';
import type { Transport } from '../http/transport.ts';
import { conclude } from './conclude.ts';
import { Cost, type Meter } from './cost.ts';
import type { OperationId } from './dialect.ts';
import { type DriveSettings, drive, type Task } from './drive.ts';
import { matchEntry } from './entry-match.ts';
import { InconsistentClusterError, NodeUnavailableError, RolledBackError } from './errors.ts';
import { type GroupHold, holdGroup, type Outside } from './group-hold.ts';
import type { JournalEntry, OpenEntry } from './journal.ts';
import type { ReachableNode } from './node-list.ts';
import { isRollbackOf, recorded, unresolved, unsettledFor, wayOut } from './open-entry.ts';
import type { CallSettings, ClusterSettings } from './options.ts';
import { closeEntry, endEntry, type Resolve } from './recovery.ts';
import type { GroupResult } from './result.ts';
import type { RollbackNode } from './rollback.ts';

const channel = tracingChannel('holdfast:cluster.operation');

/** What subscribers of `holdfast:cluster.operation` see. */
export interface OperationEvent {
  /** What was wanted. */
  readonly operation: 'create' | 'delete';
  /** The group that it is about. */
  readonly groupId: string;
  /** Names the operation, as in results and errors. */
  readonly operationId: OperationId;
  /** From its end on. `aborted`: before anything was written. */
  outcome?: 'changed' | 'unchanged' | 'rolled-back' | 'unavailable' | 'inconsistent' | 'aborted';
  /** Requests sent to nodes, in all. From its end on. */
  requests?: number;
  /** Those of them that repeated an earlier one. From its end on. */
  retries?: number;
}

/** What a call on a group has besides the group. */
export interface GroupCall {
  readonly call: CallSettings;
  readonly meter?: Meter;
  /** Ends the wait for the lock; `call.signal` does too. */
  readonly waitSignal?: AbortSignal;
  readonly outside?: Outside;
}

export interface OperationRequest extends GroupCall {
  readonly operation: 'create' | 'delete';
  readonly groupId: string;
  readonly operationId: OperationId;
  readonly rollback?: readonly RollbackNode[];
  /** Whether it may take the place of an operation that is not resolved. @default 'never' */
  readonly supersede?: 'never' | 'unresolved';
}

export interface RecoverRequest extends GroupCall {
  readonly entry: OpenEntry;
  readonly resolve: Resolve;
  /** Names of nodes that are gone for good. */
  readonly forget: readonly string[];
  /** Whether all that an abandoned entry's owner sent has settled. */
  readonly hasSettled: (entry: OpenEntry) => boolean;
}

/** An entry that recovery did not touch, and why. */
export interface LeftAlone {
  readonly leftAlone: HoldfastError;
}

/** Milliseconds to wait for a group whose owner lives: it is free only where the end could not be recorded. */
const BRIEF = 50;

/** Carries out operations: takes the group's lock, drives the saga, and holds the lock until nothing can happen late. */
export class Operations {
  readonly #nodes: readonly ReachableNode[];
  readonly #settings: ClusterSettings;
  readonly #drive: DriveSettings;
  readonly #locks: KeyLocks;
  readonly #wider: readonly Lock[];

  constructor(nodes: readonly ReachableNode[], settings: ClusterSettings, transport: Transport) {
    const { journal, lock, dialect, writers, strategy, retry, rollbackRetry } = settings;
    this.#nodes = nodes;
    this.#settings = settings;
    this.#locks = new KeyLocks(settings.clock);
    this.#wider = [journal?.lock, lock].filter((wider) => wider !== undefined);
    this.#drive = {
      ...settings,
      nodes,
      transport,
      rules: {
        strategy,
        provable: dialect.provesOwnership || writers === 'exclusive',
        attempts: retry.attempts,
        undoAttempts: rollbackRetry.attempts,
      },
    };
  }

  run(request: OperationRequest): Promise<GroupResult> {
    const { deadline = this.#settings.deadline } = request.call;
    const deadlineAt = this.#settings.clock.monotonic() + deadline;
    const cost = new Cost();
    const work = async () => {
      const hold = await this.#hold(request, request, deadlineAt);
      try {
        return await this.#operate(request, hold, deadlineAt, cost);
      } finally {
        hold.release(cost.unsettledFor);
      }
    };
    return this.#traced(request, request, work, cost);
  }

  /**
   * Ends an open entry, as `endEntry` does.
   *
   * @throws as `endEntry`
   */
  async recover(request: RecoverRequest): Promise<GroupResult | LeftAlone> {
    const { entry, forget } = request;
    const unmatched = this.#leaveUnmatched(entry, forget);
    if (unmatched !== undefined) return unmatched;
    const wait = entry.state === 'running' ? BRIEF : this.#settings.deadline;
    let hold: GroupHold;
    try {
      hold = await this.#hold(entry, request, this.#settings.clock.monotonic() + wait);
    } catch (error) {
      if (!(error instanceof NodeUnavailableError)) throw error;
      return { leftAlone: error };
    }
    const cost = new Cost();
    try {
      return await this.#recoverHeld(request, hold, cost);
    } finally {
      hold.release(cost.unsettledFor);
    }
  }

  async #recoverHeld(request: RecoverRequest, hold: GroupHold, cost: Cost): Promise<GroupResult | LeftAlone> {
    const { entry: listed, hasSettled, forget } = request;
    const { operation, groupId, operationId } = listed;
    let result: GroupResult = { operation, groupId, operationId, changed: false, nodes: [] };
    for (;;) {
      const entry = await this.#openEntry(listed, request, hold);
      if (entry === undefined) return result;
      const unmatched = this.#leaveUnmatched(entry, forget);
      if (unmatched !== undefined) return unmatched;
      if (!hasSettled(entry)) await this.#settle(entry, request);
      const ended = new Cost();
      result = await this.#traced(
        entry,
        request,
        () => this.#end(entry, request, hold, ended),
        ended,
      ).finally(() => cost.add(ended));
    }
  }

  #leaveUnmatched(entry: OpenEntry, forget: readonly string[]): LeftAlone | undefined {
    const { why } = matchEntry(entry, this.#nodes, this.#settings.dialect, forget);
    if (why === undefined) return undefined;
    return { leftAlone: unavailable(`its journal entry is left as it is: ${why}`, entry) };
  }

  async #operate(
    request: OperationRequest,
    hold: GroupHold,
    deadlineAt: number,
    cost: Cost,
  ): Promise<GroupResult> {
    const { operation, groupId, operationId, rollback, call } = request;
    const superseded = this.#remembers(hold) ? await this.#clearWay(request, hold, cost) : undefined;
    const task: Task = {
      operation,
      groupId,
      operationId,
      attemptTimeout: call.attemptTimeout ?? this.#settings.attemptTimeout,
      deadlineAt,
      lost: hold.lost,
      aloneUntil: hold.aloneUntil,
      ...(superseded === undefined ? {} : { supersedes: superseded }),
      ...(rollback === undefined ? {} : { rollback }),
      ...(call.signal === undefined ? {} : { signal: call.signal }),
    };
    const settings = this.#driveOf(hold, 'last');
    const driven = await drive(settings, task);
    cost.add(driven);
    // All nodes are as the caller says is right, so nothing is left of what was unresolved.
    if (driven.ending === 'unchanged' && superseded !== undefined) {
      await closeEntry(settings, superseded);
    }
    return conclude(task, this.#nodes, driven);
  }

  /** Whether an earlier operation may have left something to be known by. */
  #remembers({ notes }: GroupHold): boolean {
    return notes.areKept || this.#settings.journal !== undefined;
  }

  /**
   * While an earlier operation on the group is open, a further one could not tell its own doing from that. What a dead owner
   * left is undone first. Gives the entry to take the place of, where that is wanted.
   */
  async #clearWay(request: OperationRequest, hold: GroupHold, cost: Cost): Promise<JournalEntry | undefined> {
    for (;;) {
      const entry = await this.#openEntry(request, request, hold);
      if (entry === undefined) return undefined;
      // One that died while it recovered the operation may have written to nodes that its caller never heard of.
      if (entry.state !== 'abandoned' && isRollbackOf(entry, request.operation, request.rollback)) {
        return entry.supersedes;
      }
      const match = matchEntry(entry, this.#nodes, this.#settings.dialect, []);
      if (request.supersede === 'unresolved' && (match.why === undefined || !match.foreign)) {
        await this.#settle(entry, request, this.#settings.settle);
        return recorded(entry);
      }
      if (entry.state !== 'abandoned' || match.why !== undefined) {
        throw unresolved(entry, wayOut(entry, match.why));
      }
      await this.#settle(entry, request);
      // An undo is nobody's to abort.
      const undo = { call: {}, resolve: 'undo', forget: [] } as const;
      const undone = new Cost();
      await this.#traced(entry, undo, () => this.#end(entry, undo, hold, undone), undone).finally(() =>
        cost.add(undone),
      );
    }
  }

  async #end(
    entry: OpenEntry,
    { call, resolve, forget }: Pick<RecoverRequest, 'call' | 'resolve' | 'forget'>,
    hold: GroupHold,
    cost: Cost,
  ): Promise<GroupResult> {
    const { attemptTimeout, deadline, dialect } = this.#settings;
    const match = matchEntry(entry, this.#nodes, dialect, forget);
    if (match.why !== undefined) throw unresolved(entry, wayOut(entry, match.why));
    return endEntry(this.#driveOf(hold, 'more'), {
      entry,
      starts: match.starts,
      resolve,
      attemptTimeout: call.attemptTimeout ?? attemptTimeout,
      deadline: call.deadline ?? deadline,
      lost: hold.lost,
      aloneUntil: hold.aloneUntil,
      cost,
      ...(call.signal === undefined ? {} : { signal: call.signal }),
    });
  }

  /** Waits until all that the entry's operation sent has taken effect or never will. */
  #settle(entry: OpenEntry, call: GroupCall, least = 0): Promise<void> {
    const { settle, clock } = this.#settings;
    return this.#wait(Math.max(least, unsettledFor(entry, settle, clock.now())), call);
  }

  async #wait(delay: number, { call, waitSignal, outside = own }: GroupCall): Promise<void> {
    if (delay > 0) await outside(sleep(delay, this.#settings.clock, waitSignal ?? call.signal));
  }

  #traced(
    { operation, groupId, operationId }: Pick<OperationRequest, 'operation' | 'groupId' | 'operationId'>,
    { meter }: GroupCall,
    work: () => Promise<GroupResult>,
    cost: Cost,
  ): Promise<GroupResult> {
    const { logger } = this.#settings;
    const event: OperationEvent = { operation, groupId, operationId };
    const count = (context: OperationEvent) => {
      const { requests, retries } = cost;
      Object.assign(context, { requests, retries });
      if (meter === undefined) return;
      meter.requests += requests;
      meter.retries += retries;
    };
    return trace(channel, event, async (context) => {
      try {
        const result = await work();
        count(context);
        context.outcome = result.changed ? 'changed' : 'unchanged';
        logger.debug(`${operation} of group ${JSON.stringify(groupId)}: ${context.outcome}`, { ...context });
        return result;
      } catch (error) {
        count(context);
        if (error instanceof HoldfastError) {
          context.outcome = outcomeOf(error);
          logger[context.outcome === 'inconsistent' ? 'error' : 'warn'](error.message, { ...context });
        } else {
          context.outcome = 'aborted';
          logger.debug(`${operation} of group ${JSON.stringify(groupId)} was aborted in time`, {
            ...context,
          });
        }
        throw error;
      }
    });
  }

  async #hold(of: GroupNames, { call, ...request }: GroupCall, deadlineAt: number): Promise<GroupHold> {
    const signal = request.waitSignal ?? call.signal;
    signal?.throwIfAborted();
    try {
      return await holdGroup({
        groupId: of.groupId,
        locks: this.#locks,
        wider: this.#wider,
        clock: this.#settings.clock,
        deadlineAt,
        outside: request.outside ?? own,
        ...(signal === undefined ? {} : { signal }),
      });
    } catch (cause) {
      if (signal?.aborted === true && cause === signal.reason) throw cause;
      throw notHad(
        // A lock that knows of something else that was in the way gives it as the cause.
        cause instanceof TimeoutError && cause.cause === undefined
          ? 'another operation on it did not end in time'
          : 'its lock could not be had',
        of,
        cause,
      );
    }
  }

  /** Where the group's locks keep notes, what those do not tell of was ended by another holder. */
  async #openEntry(of: GroupNames, call: GroupCall, { notes }: GroupHold): Promise<OpenEntry | undefined> {
    const note = notes.standing;
    if (note?.kind === 'unreadable') {
      throw unavailable('what stands in its lock is not in words of this version: use the later one', of);
    }
    if (note?.kind === 'open') return { ...note.entry, state: 'abandoned' };
    if (note?.kind === 'ended') {
      await this.#wait(note.unsettledFor, call);
      notes.settle();
    }
    const entry = await this.#journalEntry(of);
    if (entry?.noted !== true || !notes.areKept) return entry;
    await closeEntry(this.#settings, entry);
    return undefined;
  }

  async #journalEntry(of: GroupNames): Promise<OpenEntry | undefined> {
    try {
      return await this.#settings.journal?.openEntry(of.groupId);
    } catch (cause) {
      throw notHad('its journal could not be read', of, cause);
    }
  }

  #driveOf({ notes }: GroupHold, last: 'last' | 'more'): DriveSettings {
    if (!notes.areKept) return this.#drive;
    const journal = notes.beside(this.#settings.journal, this.#settings.clock, last);
    return { ...this.#drive, journal };
  }
}

type GroupNames = Pick<OperationRequest, 'operation' | 'groupId' | 'operationId'>;

const own: Outside = (wait) => wait;

function outcomeOf(error: HoldfastError): 'rolled-back' | 'inconsistent' | 'unavailable' {
  if (error instanceof RolledBackError) return 'rolled-back';
  return error instanceof InconsistentClusterError ? 'inconsistent' : 'unavailable';
}

/** What the caller passed is wrong whatever it was needed for. */
const notHad = (why: string, of: GroupNames, cause: unknown): HoldfastError =>
  cause instanceof ConfigError ? cause : unavailable(why, of, cause);

function unavailable(
  why: string,
  { operation, groupId, operationId }: GroupNames,
  cause?: unknown,
): NodeUnavailableError {
  return new NodeUnavailableError(why, {
    operation,
    groupId,
    operationId,
    nodes: [],
    attempts: [],
    ...(cause === undefined ? {} : { cause }),
  });
}
