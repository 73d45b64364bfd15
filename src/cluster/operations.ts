import { HoldfastError, TimeoutError } from '../core/errors.ts';
import { KeyLocks } from '../core/key-locks.ts';
import type { Lock } from '../core/lock.ts';
import { trace, tracingChannel } from '../core/observe.ts';
import type { Transport } from '../http/transport.ts';
import type { Meter } from './bulk.ts';
import { conclude } from './conclude.ts';
import type { OperationId } from './dialect.ts';
import { type DriveSettings, drive, type Task } from './drive.ts';
import { InconsistentClusterError, NodeUnavailableError, RolledBackError } from './errors.ts';
import { type GroupHold, holdGroup, type Outside } from './group-hold.ts';
import type { JournalEntry } from './journal.ts';
import { endLeft } from './left-notes.ts';
import type { ReachableNode } from './node-list.ts';
import type { CallSettings, ClusterSettings } from './options.ts';
import type { GroupResult } from './result.ts';
import type { RollbackNode } from './rollback.ts';

const channel = tracingChannel('holdfast:cluster.operation');

/** What subscribers of `holdfast:cluster.operation` see. */
export interface OperationEvent {
  readonly operation: 'create' | 'delete';
  readonly groupId: string;
  readonly operationId: OperationId;
  /** From its end on. `aborted`: before anything was written. */
  outcome?: 'changed' | 'unchanged' | 'rolled-back' | 'unavailable' | 'inconsistent' | 'aborted';
  /** Requests sent to nodes, in all, and those of them that repeated an earlier one. From its end on. */
  requests?: number;
  retries?: number;
}

export interface OperationRequest {
  readonly operation: 'create' | 'delete';
  readonly groupId: string;
  readonly operationId: OperationId;
  readonly rollback?: readonly RollbackNode[];
  readonly call: CallSettings;
  readonly meter?: Meter;
  /** Ends the wait for the lock; `call.signal` does too. */
  readonly waitSignal?: AbortSignal;
  readonly outside?: Outside;
}

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
    const { operation, groupId, operationId } = request;
    const { logger } = this.#settings;
    const event: OperationEvent = { operation, groupId, operationId };
    return trace(channel, event, async (context) => {
      try {
        const result = await this.#run(request, context);
        context.outcome = result.changed ? 'changed' : 'unchanged';
        logger.debug(`${operation} of group ${JSON.stringify(groupId)}: ${context.outcome}`, { ...context });
        return result;
      } catch (error) {
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

  async #run(request: OperationRequest, event: OperationEvent): Promise<GroupResult> {
    const { operation, groupId, operationId, rollback, call, meter } = request;
    const { clock, attemptTimeout, deadline } = this.#settings;
    const deadlineAt = clock.monotonic() + (call.deadline ?? deadline);
    const hold = await this.#hold(request, deadlineAt);
    let after = 0;
    try {
      await this.#endLeft(hold, request, deadlineAt);
      await this.#refuseWhileOpen(request);
      const task: Task = {
        operation,
        groupId,
        operationId,
        attemptTimeout: call.attemptTimeout ?? attemptTimeout,
        deadlineAt,
        lost: hold.lost,
        aloneUntil: hold.aloneUntil,
        ...(rollback === undefined ? {} : { rollback }),
        ...(call.signal === undefined ? {} : { signal: call.signal }),
      };
      const journal = hold.notes.beside(this.#drive.journal, clock);
      const driven = await drive(
        journal === this.#drive.journal ? this.#drive : { ...this.#drive, journal },
        task,
      );
      after = driven.unsettledFor;
      const { requests, retries } = driven;
      Object.assign(event, { requests, retries });
      if (meter !== undefined) {
        meter.requests += requests;
        meter.retries += retries;
      }
      return conclude(task, this.#nodes, driven);
    } finally {
      hold.release(after);
    }
  }

  async #hold(request: OperationRequest, deadlineAt: number): Promise<GroupHold> {
    const { groupId, call, outside = (wait) => wait } = request;
    const signal = request.waitSignal ?? call.signal;
    signal?.throwIfAborted();
    try {
      return await holdGroup({
        groupId,
        locks: this.#locks,
        wider: this.#wider,
        clock: this.#settings.clock,
        deadlineAt,
        outside,
        ...(signal === undefined ? {} : { signal }),
      });
    } catch (cause) {
      if (signal?.aborted === true && cause === signal.reason) throw cause;
      throw unavailable(
        cause instanceof TimeoutError
          ? 'another operation on it did not end in time'
          : 'its lock could not be had',
        request,
        cause,
      );
    }
  }

  /** What the last holder of a lock left is ended first. */
  async #endLeft(hold: GroupHold, request: OperationRequest, deadlineAt: number): Promise<void> {
    const { groupId, operation, operationId, call } = request;
    for (const left of hold.notes.left) {
      const attemptTimeout = call.attemptTimeout ?? this.#settings.attemptTimeout;
      const context = {
        hold,
        groupId,
        operation,
        operationId,
        attemptTimeout,
        deadlineAt,
        signal: call.signal,
      };
      await endLeft(this.#drive, left, context);
    }
    hold.notes.settle();
  }

  async #openEntry(request: OperationRequest): Promise<JournalEntry | undefined> {
    try {
      return await this.#settings.journal?.openEntry(request.groupId);
    } catch (cause) {
      throw unavailable('its journal could not be read', request, cause);
    }
  }

  /** While an earlier operation on the group is unresolved, a further one could not tell its own doing from that. */
  async #refuseWhileOpen(request: OperationRequest): Promise<void> {
    const entry = await this.#openEntry(request);
    if (entry === undefined) return;
    const { operation, operationId, groupId } = entry;
    const undoesIt =
      operation === request.operation &&
      request.rollback?.some((node) => node.operationId === operationId) === true;
    if (undoesIt) return;
    const written = entry.nodes.filter(({ write }) => write);
    const undo = operation === 'create' ? 'rollbackCreate' : 'rollbackDelete';
    throw new InconsistentClusterError(
      `operation ${operationId} is unresolved in the journal; end it first by ${undo} with these nodes`,
      {
        groupId,
        operation,
        operationId,
        nodes: written.map(({ name }) => ({ node: name, outcome: 'unknown', attempts: 0, operationId })),
        attempts: [],
      },
    );
  }
}

function outcomeOf(error: HoldfastError): 'rolled-back' | 'inconsistent' | 'unavailable' {
  if (error instanceof RolledBackError) return 'rolled-back';
  return error instanceof InconsistentClusterError ? 'inconsistent' : 'unavailable';
}

function unavailable(
  why: string,
  { operation, groupId, operationId }: OperationRequest,
  cause: unknown,
): NodeUnavailableError {
  return new NodeUnavailableError(why, { operation, groupId, operationId, nodes: [], attempts: [], cause });
}
