import type { KubernetesObject } from '../kube/resources.ts';
import { dropFileId } from './file-id.ts';
import { type DropRecord, type FileStore, positionOf } from './file-store.ts';
import { LABELS } from './job-defaults.ts';
import { FILENAME_ANNOTATION } from './job-manifest.ts';

/** The pod that sends a file to the API, or sent it. */
export interface ProcessorPod {
  /** The file's. */
  readonly id: string;
  /** As it was dropped; empty where neither the pod nor the store knows it any more. */
  readonly filename: string;
  /** As Kubernetes has it. `Unknown` where nobody can say, as of a file whose Job was deleted. */
  readonly phase: 'Pending' | 'Running' | 'Succeeded' | 'Failed' | 'Unknown';
  /** The name of its Job. */
  readonly job: string;
  /** Its name; empty where there was none, or none is left. */
  readonly pod: string;
  /** Why it failed, or why it is still pending: `Error (exit code 3)`, `DeadlineExceeded`, `ErrImagePull`. */
  readonly reason?: string;
  /** When the pod was made; from `follow`, when its Job was, if that is its alone. */
  readonly createdAt?: Date;
  /** When its container started. */
  readonly startedAt?: Date;
  /** When its container ended. */
  readonly finishedAt?: Date;
  /** It is not there any more; this is how it was last seen. */
  readonly deleted?: true;
  /** The last lines that a failed one wrote. From `follow` only. */
  readonly log?: readonly string[];
}

/** Reads pods for what the scheduler made them for; what it learns of drops it keeps. */
export interface PodReader {
  read(pod: KubernetesObject<'pods'>): Promise<ProcessorPod>;
  /** The id of the file that an index of a drop's Job stands for. */
  idAt(dropId: string, index: number): Promise<string>;
}

export function openPodReader(store: FileStore): PodReader {
  const drops = new Map<string, DropRecord>();
  const dropOf = async (dropId: string) => {
    const known = drops.get(dropId) ?? (await store.drop(dropId));
    // Before its Job is made a record may change.
    if (known?.indexed !== undefined) drops.set(dropId, known);
    return known;
  };
  const idAt = async (dropId: string, index: number) => {
    const drop = await dropOf(dropId);
    return dropFileId(dropId, positionOf(index, drop?.indexed?.gaps ?? []));
  };
  const fileAt = async (dropId: string, index: number) => {
    const id = await idAt(dropId, index);
    return { id, filename: (await store.get(id))?.filename ?? '' };
  };
  return {
    idAt,
    read: async (pod) => {
      const { metadata } = pod;
      const labels = metadata?.labels ?? {};
      const job = labels['batch.kubernetes.io/job-name'] ?? labels['job-name'] ?? '';
      const index = metadata?.annotations?.['batch.kubernetes.io/job-completion-index'];
      const file =
        index === undefined
          ? { id: job, filename: metadata?.annotations?.[FILENAME_ANNOTATION] ?? '' }
          : await fileAt(labels[LABELS.drop] ?? '', Number(index));
      return { ...file, job, ...stateOf(pod) };
    },
  };
}

/** Whether nothing more happens to it. */
export const hasEnded = ({ phase }: ProcessorPod): boolean => phase === 'Succeeded' || phase === 'Failed';

const PHASES = ['Pending', 'Running', 'Succeeded', 'Failed'] as const;

function stateOf({ metadata, status }: KubernetesObject<'pods'>) {
  const state = status?.containerStatuses?.[0]?.state;
  const { terminated, running, waiting } = state ?? {};
  const phase = PHASES.find((known) => known === status?.phase) ?? ('Unknown' as const);
  const exit = terminated && `${terminated.reason ?? 'Error'} (exit code ${terminated.exitCode})`;
  const reason = phase === 'Failed' ? (status?.reason ?? exit) : (status?.reason ?? waiting?.reason);
  return {
    pod: metadata?.name ?? '',
    phase,
    ...(reason !== undefined && { reason }),
    ...dateOf('createdAt', metadata?.creationTimestamp),
    ...dateOf('startedAt', terminated?.startedAt ?? running?.startedAt),
    ...dateOf('finishedAt', terminated?.finishedAt),
  };
}

const dateOf = <Key extends string>(key: Key, text: string | undefined) =>
  (text === undefined ? {} : { [key]: new Date(text) }) as { readonly [K in Key]?: Date };
