import { sleep } from '../../core/abort.ts';
import { dropJobName } from '../../file-drop/file-id.ts';
import { LABELS } from '../../file-drop/job-defaults.ts';
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
 * older than `keepFor`: files, drops, and Secrets with the token of a drop.
 */
async function sweep(settings: FileDropAppSettings, signal: AbortSignal): Promise<void> {
  const { store, clock, keepFor, drop } = settings;
  const oldest = new Date(clock.now() - keepFor);
  await store.removeBefore(oldest);
  // Before the Jobs: one that is not among them then surely has been.
  const scheduled = new Map<string, string>();
  for await (const file of store.list()) if (file.scheduled) scheduled.set(file.id, file.dropId);
  const open = await openJobs(settings, signal);
  for (const [id, dropId] of scheduled) {
    signal.throwIfAborted();
    if (!open.names.has(id) && !open.names.has(dropJobName(dropId))) await store.removeBytes(id);
  }
  if (typeof drop.apiToken === 'string') await removeSecrets(settings, oldest, open.drops, signal);
}

interface OpenJobs {
  readonly names: ReadonlySet<string>;
  /** Ids of drops. */
  readonly drops: ReadonlySet<string>;
}

async function openJobs({ drop }: FileDropAppSettings, signal: AbortSignal): Promise<OpenJobs> {
  const names = new Set<string>();
  const drops = new Set<string>();
  const which = { signal, namespace: drop.namespace, labelSelector: selectorOf(undefined) };
  for await (const { metadata, status } of drop.kube.list('jobs', which)) {
    const ended = status?.conditions?.some(
      ({ type, status: holds }) => (type === 'Complete' || type === 'Failed') && holds === 'True',
    );
    if (ended) continue;
    names.add(metadata?.name ?? '');
    drops.add(metadata?.labels?.[LABELS.drop] ?? '');
  }
  return { names, drops };
}

/** Younger ones may be of a form that is still being sent. */
async function removeSecrets(
  { drop: { kube, namespace } }: FileDropAppSettings,
  before: Date,
  open: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<void> {
  const which = { signal, namespace, labelSelector: selectorOf(undefined) };
  for await (const { metadata } of kube.list('secrets', which)) {
    const { name = '', labels, creationTimestamp } = metadata ?? {};
    const isOld = creationTimestamp !== undefined && new Date(creationTimestamp) < before;
    if (!isOld || open.has(labels?.[LABELS.drop] ?? '')) continue;
    await kube.delete('secrets', name, { signal, namespace, propagationPolicy: 'Background' });
  }
}
