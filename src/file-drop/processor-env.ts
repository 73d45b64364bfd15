import * as v from 'valibot';
import { ConfigError, ConnectionError, type HoldfastError, HttpError } from '../core/errors.ts';
import { redactUrl } from '../core/observe.ts';
import { type Attempted, withRetries } from '../core/retry.ts';
import { readText } from '../kube/read-text.ts';
import { asProcessorError } from './processor-error.ts';
import { type ProcessorOptions, type ProcessorSettings, parseProcessorOptions } from './processor-options.ts';

/**
 * The options of `processFile` that the environment of a Job's container says: `TARGET`, `FILENAME`, `API_URL` and
 * `API_TOKEN`; in an Indexed Job `DROP` and `JOB_COMPLETION_INDEX` in place of the first two, and the backend is asked.
 *
 * @param options what else `processFile` is to get
 * @throws {ConfigError} for variables that are missing or wrong, and for options that are
 * @throws ProcessorError of the stage `download` where the backend does not tell the file
 */
export async function processorOptions(
  env: Readonly<Record<string, string | undefined>>,
  options: Omit<ProcessorOptions, 'target' | 'filename' | 'apiUrl' | 'apiToken'> = {},
): Promise<ProcessorOptions> {
  const { DROP: drop, JOB_COMPLETION_INDEX: index } = env;
  const shared = {
    ...options,
    apiUrl: env['API_URL'] ?? missing('API_URL'),
    ...(env['API_TOKEN'] !== undefined && { apiToken: env['API_TOKEN'] }),
  };
  if (drop === undefined) {
    const target = env['TARGET'] ?? missing('TARGET');
    const whole = { ...shared, target, filename: env['FILENAME'] ?? missing('FILENAME') };
    parseProcessorOptions(whole);
    return whole;
  }
  if (index === undefined || !/^\d+$/.test(index)) return missing('JOB_COMPLETION_INDEX');
  const url = `${drop.replace(/\/+$/, '')}/${index}`;
  const settings = parseProcessorOptions({ ...shared, target: url, filename: index });
  const asked = await withRetries(settings, (signal) => askFor(settings, signal));
  if (!asked.ok)
    throw asProcessorError('download', `the file was not told: ${asked.error.message}`, asked.error);
  const { filename, url: target } = asked.value;
  return { ...shared, target, filename };
}

interface FileEntry {
  readonly filename: string;
  readonly url: string;
}

async function askFor(
  { target, fetch }: ProcessorSettings,
  signal: AbortSignal,
): Promise<Attempted<FileEntry>> {
  const url = redactUrl(target);
  const failure = (error: HoldfastError, final: boolean) => ({ ok: false, error, final }) as const;
  try {
    const response = await fetch(target, { redirect: 'manual', signal });
    const { status } = response;
    if (status !== 200) {
      await response.body?.cancel();
      const error = new HttpError({ status, url, method: 'GET', body: '' });
      return failure(error, status < 500 && status !== 429 && status !== 425);
    }
    const entry = v.parse(fileEntry, JSON.parse(await readText(response.body ?? [], MOST_BYTES)));
    // A backend may not know its own address.
    return { ok: true, value: { filename: entry.filename, url: new URL(entry.url, target).href } };
  } catch (cause) {
    return failure(new ConnectionError(`GET ${url} got no complete answer`, { cause }), false);
  }
}

/** The longest name, escaped, with its url is far below. Something else may answer, and with anything. */
const MOST_BYTES = 65_536;

const fileEntry = v.object({ filename: v.string(), url: v.string() });

function missing(name: string): never {
  const message = 'is missing; run this as the container of a Job that a FileDropScheduler made';
  throw new ConfigError([{ path: `env.${name}`, message }]);
}
