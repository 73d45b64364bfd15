import { randomUUID } from 'node:crypto';
import { dropFileId } from '../../file-drop/file-id.ts';
import type { ScheduledFile } from '../../file-drop/schedule-result.ts';
import { DetailError } from '../detail.ts';
import { requestBytes } from '../request-bytes.ts';
import { FormFiles } from './form-files.ts';
import type { FileDropAppSettings } from './options.ts';

/** What became of one file of a form. */
export interface FileEntry {
  /** The file's. */
  readonly id: string;
  /** As it came. */
  readonly filename: string;
  /** `skipped`: the form was given up before its turn. */
  readonly status: ScheduledFile['status'];
  /** Of the whole form. */
  readonly dropId: string;
  /** The name of its Job, once scheduled. */
  readonly job?: string;
  /** Why it failed. */
  readonly error?: {
    /** As the errors guide has it. */
    readonly code: string;
    /** For people. */
    readonly message: string;
  };
}

/**
 * `POST /backend/files`: every file of the form is stored and scheduled, all of them as one drop. Answers with an entry for
 * each, in their order. Where none was scheduled, and where the form broke off, the status says so and the entries stand
 * beside `detail`.
 */
export function openUploadRoute(settings: FileDropAppSettings): (request: Request) => Promise<Response> {
  let running = 0;
  return async (request) => {
    if (/^(?:cross-site|same-site)$/.test(request.headers.get('sec-fetch-site') ?? '')) {
      throw new DetailError(403, 'forms from pages of other sites are refused');
    }
    const { dropId, count } = readQuery(new URL(request.url).searchParams);
    if (running >= settings.uploads) {
      const detail = `${running} forms are being read already; try again later`;
      throw new DetailError(503, detail, { 'retry-after': '5' });
    }
    running += 1;
    try {
      return await takeForm(settings, request, dropId, count);
    } finally {
      running -= 1;
    }
  };
}

async function takeForm(
  settings: FileDropAppSettings,
  request: Request,
  dropId: string,
  count: number | undefined,
): Promise<Response> {
  const { scheduler, maxFiles, maxFileBytes, maxRequestBytes: maxBytes, stallTimeout, clock } = settings;
  const { signal, headers } = request;
  const bytes = requestBytes(request, { maxBytes, stallTimeout, clock });
  const form = new FormFiles(bytes, headers.get('content-type') ?? '', { maxFiles, maxFileBytes }, count);
  const leave = () => form.stop(signal.reason);
  signal.addEventListener('abort', leave, { once: true });
  try {
    const positions = new Map<string, number>();
    const items: ScheduledFile[] = [];
    for await (const item of scheduler.schedule(form, { dropId, signal })) {
      for (let at = positions.size; at < form.count; at += 1) positions.set(dropFileId(dropId, at), at);
      form.release(positions.get(item.id) ?? -1);
      items.push(item);
    }
    signal.throwIfAborted();
    items.sort((a, b) => (positions.get(a.id) ?? 0) - (positions.get(b.id) ?? 0));
    const files = items.map((item) => entryOf(item, dropId));
    const fault = form.fault() ?? refusalOf(items);
    if (fault === undefined) return Response.json(files);
    return Response.json({ detail: fault.detail, files }, { status: fault.status });
  } finally {
    signal.removeEventListener('abort', leave);
    form.stop(undefined);
  }
}

function entryOf({ id, filename, status, job, error }: ScheduledFile, dropId: string): FileEntry {
  return {
    id,
    filename,
    status,
    dropId,
    ...(job !== undefined && { job }),
    ...(error !== undefined && { error: { code: error.code, message: error.message } }),
  };
}

/** What the status is where not one file was scheduled. */
function refusalOf(items: readonly ScheduledFile[]): DetailError | undefined {
  if (items.some(({ status }) => status === 'scheduled')) return undefined;
  const [first, ...others] = new Set(items.map(({ error }) => error?.code ?? ''));
  const status = others.length === 0 ? STATUSES.get(first ?? '') : undefined;
  return new DetailError(status ?? 500, `none of ${items.length} files was scheduled; see why in files`);
}

/** By the code of the error that all of them have. */
const STATUSES: ReadonlyMap<string, number> = new Map([
  ['CONFIG_INVALID', 422],
  ['WRONG_FIELD', 422],
  ['FILE_TOO_LARGE', 413],
  ['STORE_FULL', 507],
]);

function readQuery(query: URLSearchParams) {
  const drop = query.get('drop') ?? undefined;
  const count = query.get('count') ?? undefined;
  if (drop !== undefined && !UUID.test(drop)) {
    // Whoever knows it knows the ids of its files, too.
    throw invalid('drop', 'expected a UUID in lower case, which nobody can guess');
  }
  if (count !== undefined && !/^[1-9]\d{0,8}$/.test(count))
    throw invalid('count', 'expected a number of files');
  return { dropId: drop ?? randomUUID(), count: count === undefined ? undefined : Number(count) };
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

const invalid = (name: string, msg: string) =>
  new DetailError(422, [{ loc: ['query', name], msg, type: 'value_error' }]);
