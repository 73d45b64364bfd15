import { sleep } from '../../core/abort.ts';
import { dropJobName } from '../../file-drop/file-id.ts';
import { selectorOf } from '../../file-drop/job-manifest.ts';
import type { FileDropAppSettings } from './options.ts';

/** Sweeps at once and then every `sweepInterval` until the signal aborts. */
export async function sweepOnAndOn(settings: FileDropAppSettings, signal: AbortSignal): Promise<void> {
  const { clock, logger, sweepInterval } = settings;
  while (!signal.aborted) {
    await sweep(settings, signal).catch((error: unknown) => {
      if (!signal.aborted)
        logger.warn('a sweep of the file store failed; the next will try again', { error });
    });
    await sleep(sweepInterval, clock, signal).catch(() => undefined);
  }
}

/**
 * Removes the bytes of every file whose Job has ended or is gone, which nobody may have seen happen, and forgets what is
 * older than `keepFor`.
 */
async function sweep(settings: FileDropAppSettings, signal: AbortSignal): Promise<void> {
  const { store, clock, keepFor, drop } = settings;
  await store.removeBefore(new Date(clock.now() - keepFor));
  // Before the Jobs: one that is not among them then surely has been.
  const scheduled = new Map<string, string>();
  for await (const file of store.list()) if (file.scheduled) scheduled.set(file.id, file.dropId);
  if (scheduled.size === 0) return;
  const open = new Set<string>();
  const which = { signal, namespace: drop.namespace, labelSelector: selectorOf(undefined) };
  for await (const { metadata, status } of drop.kube.list('jobs', which)) {
    const ended = status?.conditions?.some(
      ({ type, status: holds }) => (type === 'Complete' || type === 'Failed') && holds === 'True',
    );
    if (!ended) open.add(metadata?.name ?? '');
  }
  for (const [id, dropId] of scheduled) {
    signal.throwIfAborted();
    if (!open.has(id) && !open.has(dropJobName(dropId))) await store.removeBytes(id);
  }
}
