import { ConfigError, HoldfastError } from '../core/errors.ts';
import { trace, tracingChannel } from '../core/observe.ts';
import { KubernetesError } from '../kube/errors.ts';
import type { KubernetesObject } from '../kube/resources.ts';
import { dropSecretName } from './file-id.ts';
import type { DropRecord } from './file-store.ts';
import { APP, LABELS } from './job-defaults.ts';
import type { DropManifest, SecretKey } from './job-manifest.ts';
import type { FileDropSettings } from './scheduler-options.ts';

/** What is asked for. */
export interface DropWish {
  readonly dropId: string;
  readonly mode: 'job' | 'indexed';
  readonly rate: number | undefined;
}

/** A drop that Jobs can be made for. */
export interface OpenDrop {
  readonly record: DropRecord;
  readonly manifest: DropManifest;
}

/** Finds the drop or begins it, and puts its token where the Jobs find it. */
export async function openDrop(settings: FileDropSettings, wish: DropWish): Promise<OpenDrop> {
  const { image, apiUrl, job } = settings;
  const { dropId } = wish;
  const record = await beginDrop(settings, wish);
  const token = await placeToken(settings, dropId);
  return { record, manifest: { dropId, image, apiUrl, token, job } };
}

/** Finds the drop or begins it; a drop of no files is no more than that. */
export async function beginDrop(settings: FileDropSettings, wish: DropWish): Promise<DropRecord> {
  const { store } = settings;
  const found = await store.drop(wish.dropId);
  if (found !== undefined && found.mode !== wish.mode) {
    const message = `was begun in mode '${found.mode}' and would run its files twice in mode '${wish.mode}'; go on as before`;
    throw new ConfigError([{ path: 'options.dropId', message }]);
  }
  const { dropId, mode, rate } = wish;
  const createdAt = new Date(settings.clock.now());
  const record = found ?? { dropId, mode, createdAt, ...(rate !== undefined && { rate }) };
  if (found === undefined) await store.saveDrop(record);
  return record;
}

/** Creates a Job whose name is nobody else's: one that is there already is this one. */
export async function createJob(settings: FileDropSettings, job: KubernetesObject<'jobs'>): Promise<void> {
  const { kube, namespace, logger } = settings;
  const name = job.metadata?.name ?? '';
  await trace(tracingChannel('holdfast:job'), { job: name, operation: 'create' }, () =>
    unlessThere(kube.create('jobs', job, { namespace })),
  );
  logger.debug('a Job was created', { job: name });
}

/** Any failure as an error of this library. */
export function asHoldfastError(error: unknown, what: string): HoldfastError {
  if (error instanceof HoldfastError) return error;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const why = /^[A-Z][A-Z0-9_]+$/.test(code) ? `: ${code}` : '';
  return new HoldfastError(`${what}${why}`, { code: 'FILE_NOT_READ', cause: error });
}

const KEY = 'token';

async function placeToken(settings: FileDropSettings, dropId: string): Promise<SecretKey | undefined> {
  const { apiToken, kube, namespace } = settings;
  if (typeof apiToken !== 'string') return apiToken;
  const name = dropSecretName(dropId);
  const data = { [KEY]: Buffer.from(apiToken).toString('base64') };
  const metadata = { name, labels: { [LABELS.app]: APP, [LABELS.drop]: dropId } };
  const created = await unlessThere(
    kube.create('secrets', { metadata, type: 'Opaque', data }, { namespace }),
  );
  if (created === undefined) {
    // Of a drop that is resumed, perhaps with a newer token.
    const there = await kube.get('secrets', name, { namespace });
    if (there.data?.[KEY] !== data[KEY]) await kube.replace('secrets', { ...there, data }, { namespace });
  }
  return { secretName: name, key: KEY };
}

async function unlessThere<T>(creating: Promise<T>): Promise<T | undefined> {
  try {
    return await creating;
  } catch (error) {
    if (error instanceof KubernetesError && error.reason === 'AlreadyExists') return undefined;
    throw error;
  }
}
