import * as v from 'valibot';
import { type Clock, systemClock } from '../core/clock.ts';
import { ConfigError } from '../core/errors.ts';
import { type Logger, redactUrl, safeLogger, silentLogger } from '../core/observe.ts';
import { count, having, oneOf, validate } from '../core/validate.ts';
import type { Kubernetes } from '../kube/kubernetes.ts';
import type { FileStore } from './file-store.ts';
import { type JobDefaults, jobDefaultsSchema } from './job-defaults.ts';
import type { SecretKey } from './job-manifest.ts';

/** Options of a `FileDropScheduler`. What is wrong with any of them is a `ConfigError` of its constructor. */
export interface FileDropOptions {
  /** The cluster that Jobs are made in. It is not closed by the scheduler. */
  readonly kube: Kubernetes;
  /** Where the files stand until their Jobs have ended. */
  readonly store: FileStore;
  /** The processor's image. */
  readonly image: string;
  /** Where processors get the bytes: a url that `/{id}` is appended to, or what gives the url of an id. */
  readonly fileUrl: string | ((id: string) => string);
  /**
   * Where the processors of an Indexed Job learn their file: a url that `/{dropId}/{index}` is appended to, or what gives
   * the url of a drop, that `/{index}` is appended to. @default `fileUrl` with `drops` in place of `static` at its end
   */
  readonly dropUrl?: string | ((dropId: string) => string) | undefined;
  /** The API that each file is sent to. */
  readonly apiUrl: string;
  /**
   * What processors send as `Authorization`, word for word. It is put into a Secret for each drop, which `deleteJobs`
   * removes; or it stands in a Secret already. @default none
   */
  readonly apiToken?: string | SecretKey | undefined;
  /** @default that of `kube` */
  readonly namespace?: string | undefined;
  /**
   * `job`: a Job for each file, created as they come. `indexed`: one Indexed Job for all, created once all are stored.
   * `auto`: the latter where there are known to be more than `indexedAbove`. @default 'job'
   */
  readonly mode?: 'job' | 'indexed' | 'auto' | undefined;
  /** @default 200 */
  readonly indexedAbove?: number | undefined;
  /** What every Job has. @default as `JobDefaults` says */
  readonly job?: JobDefaults | undefined;
  /** @default the system's */
  readonly clock?: Clock | undefined;
  /** Hears of each Job at `debug` and of what failed at `warn`. @default silent */
  readonly logger?: Logger | undefined;
}

/** `FileDropOptions` with every default filled in. */
export interface FileDropSettings {
  readonly kube: Kubernetes;
  readonly store: FileStore;
  readonly image: string;
  readonly fileUrl: (id: string) => string;
  /** `undefined` where Indexed Jobs cannot be made. */
  readonly dropUrl: ((dropId: string) => string) | undefined;
  readonly apiUrl: string;
  readonly apiToken: string | SecretKey | undefined;
  readonly namespace: string | undefined;
  readonly mode: 'job' | 'indexed' | 'auto';
  readonly indexedAbove: number;
  readonly job: JobDefaults;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** @throws {ConfigError} that names every mistake */
export function parseFileDropOptions(options: unknown): FileDropSettings {
  const given = validate(fileDropOptions, options, 'options');
  const { fileUrl, dropUrl, mode = 'job' } = given;
  const derived =
    dropUrl ?? (typeof fileUrl === 'string' ? fileUrl.replace(/\/static\/?$/, '/drops') : undefined);
  const drops = derived === fileUrl ? undefined : derived;
  if (mode !== 'job' && drops === undefined) {
    const message = `is missing: mode '${mode}' needs the url where a processor asks for its file`;
    throw new ConfigError([{ path: 'options.dropUrl', message }]);
  }
  return {
    kube: given.kube,
    store: given.store,
    image: given.image,
    fileUrl: under(fileUrl),
    dropUrl: drops === undefined ? undefined : under(drops),
    apiUrl: given.apiUrl,
    apiToken: given.apiToken,
    namespace: given.namespace,
    mode,
    indexedAbove: given.indexedAbove ?? 200,
    job: given.job ?? {},
    clock: given.clock ?? systemClock,
    logger: safeLogger(given.logger ?? silentLogger),
  };
}

const under = (base: string | ((id: string) => string)) =>
  typeof base === 'function' ? base : (id: string) => `${base.replace(/\/+$/, '')}/${id}`;

const isHttp = (value: unknown): value is string =>
  typeof value === 'string' && /^https?:$/.test(URL.parse(value)?.protocol ?? '');

const received = (input: unknown) => (typeof input === 'string' ? `"${redactUrl(input)}"` : typeof input);

const httpUrl = v.pipe(
  v.custom<string>(isHttp, ({ input }) => `expected an http or https url, received ${received(input)}`),
  v.check((url) => {
    const { username, password } = new URL(url);
    return username === '' && password === '';
  }, 'holds a name or a password, which every Job would show; pass a token as apiToken'),
);

const urlOrFunction = v.custom<string | ((id: string) => string)>(
  (value) => isHttp(value) || typeof value === 'function',
  ({ input }) => `expected an http or https url, or a function that gives one, received ${received(input)}`,
);

const name = v.pipe(v.string(), v.nonEmpty('expected a text, received an empty one'));

// Its messages never show what was received: it may be a token with a slip in it.
const apiToken = v.custom<string | SecretKey>(
  (value) =>
    typeof value === 'string'
      ? /^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/.test(value)
      : v.is(v.strictObject({ secretName: name, key: name }), value),
  'expected a token (printable, on one line, with no spaces around it) or { secretName, key }',
);

const fileDropOptions = v.strictObject({
  kube: having<Kubernetes>('create', 'list', 'watch', 'deleteCollection'),
  store: having<FileStore>('put', 'get', 'read', 'markScheduled', 'saveDrop', 'drop'),
  image: name,
  fileUrl: urlOrFunction,
  dropUrl: v.optional(urlOrFunction),
  apiUrl: httpUrl,
  apiToken: v.optional(apiToken),
  namespace: v.optional(name),
  mode: v.optional(oneOf('job', 'indexed', 'auto')),
  indexedAbove: v.optional(count(0)),
  job: v.optional(jobDefaultsSchema),
  clock: v.optional(having<Clock>('now', 'monotonic', 'setTimer')),
  logger: v.optional(having<Logger>('debug', 'info', 'warn', 'error')),
});
