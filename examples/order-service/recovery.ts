import { setTimeout as sleep } from 'node:timers/promises';
import type { ClusterClient, Logger } from 'holdfast';

export interface RecoveryOptions {
  /** Milliseconds between two. */
  readonly every: number;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

export interface Recovery extends AsyncDisposable {
  /** Resolves once what an earlier process left half done is ended; rejects where the journal cannot be used. */
  readonly first: Promise<void>;
}

/**
 * Ends what the journal has open, at once and then again and again: what an earlier process left half done, and what ended
 * on some nodes only.
 */
export function startRecovery(cluster: ClusterClient, { every, logger, signal }: RecoveryOptions): Recovery {
  const end = new AbortController();
  const stop = AbortSignal.any([end.signal, signal]);
  const first = recover(cluster, logger, stop);
  const again = async () => {
    while (!stop.aborted) {
      try {
        await sleep(every, undefined, { signal: stop });
        await recover(cluster, logger, stop);
      } catch (error) {
        // Requests are answered meanwhile; the next time it may come out well.
        if (!stop.aborted) logger.error(`recovery: ${String(error)}`);
      }
    }
  };
  // How the first one failed is heard by those who wait for it.
  const all = first.then(again, () => undefined);
  return {
    first,
    [Symbol.asyncDispose]: async () => {
      end.abort();
      await all;
    },
  };
}

async function recover(cluster: ClusterClient, logger: Logger, signal: AbortSignal): Promise<void> {
  for await (const { groupId, status, error } of cluster.recover({ signal })) {
    // Skipped are those of another process, or of a request that is under way here.
    if (status === 'skipped') continue;
    logger.info(`recovered ${JSON.stringify(groupId)}`, {
      status: error === undefined ? 'ended' : error.code,
    });
  }
}
