import { fileURLToPath } from 'node:url';
import type { SecretKey } from 'holdfast';
import type { Environment } from './arguments.ts';
import { oneOf, readArguments, UsageError, wholeNumber } from './arguments.ts';

export const HELP = `Usage: npm run example -- file-drop [FOLDER] [OPTIONS]
       npm run example -- file-drop --serve [OPTIONS]

Makes a Kubernetes Job of every file in FOLDER, which sends it to an API, and follows them to their
ends; or serves a page on which files are dropped, until Ctrl-C. FOLDER is needed with --kubeconfig;
else it is examples/deploy unless told otherwise.

Options
  --kubeconfig PATH    the cluster; "in-cluster" takes what the environment gives: $KUBECONFIG,
                       ~/.kube/config or the service account of the pod this runs in. Without it:
                       a mini Kubernetes in this process, and a stand-in of the API, which gives
                       each file back and refuses those with "refuse" in their name
  --namespace NS       where the Jobs are made             [that of the kubeconfig, or default]
  --mode MODE          job: a Job for each file; indexed: one for all; auto: the latter above
                       200 files                                                         [auto]
  --rate N             files per second, as Jobs of their own                [as fast as it goes]
  --concurrency N      files stored and scheduled at once                                  [20]
  --store DIRECTORY    keeps the files and how far they are    [a temporary one, removed at the end]
  --drop-id ID         goes on with a drop that was cut off; needs its --store, and its cluster:
                       a mini Kubernetes is gone with its process                     [a new one]
  --port N             of the page, and of what processors read  [0, a free one; --serve: 5000]
  --hostname ADDRESS   where to listen; any but this machine's loopback needs a token [127.0.0.1]
  --delay MS           how long the stand-in takes for a file at most                     [500]
  --help, -h           this text

Needed with --kubeconfig
  --image NAME         the processor's: examples/deploy/Dockerfile makes it
  --api-url URL        the API
  --backend-url URL    where the pods reach the --port of this program
  --api-token-secret NAME/KEY   where the API's token stands in the namespace; or $API_TOKEN

Environment
  API_TOKEN            what the API wants as Authorization, word for word              [none]
  FILE_DROP_TOKEN      what the page asks for                                          [none]

Ctrl-C starts no more files.
The exit code is 0 when every file Succeeded, and after --serve; 130 after Ctrl-C, else 1.`;

export interface FileDropSettings {
  /** Undefined: the page is served. */
  readonly folder: string | undefined;
  readonly namespace: string | undefined;
  /** Undefined: a mini Kubernetes in this process. */
  readonly cluster: RealCluster | undefined;
  readonly mode: 'job' | 'indexed' | 'auto';
  readonly rate: number | undefined;
  readonly concurrency: number;
  /** Undefined: a temporary one. */
  readonly store: string | undefined;
  readonly dropId: string | undefined;
  readonly port: number;
  readonly hostname: string;
  /** Of the page. */
  readonly token: string | undefined;
  readonly delay: number;
}

interface RealCluster {
  readonly kubeconfig: string;
  readonly image: string;
  readonly apiUrl: string;
  /** Where the pods reach this program. */
  readonly backendUrl: string;
  readonly apiToken: string | SecretKey | undefined;
}

/**
 * What the command line and the environment say; `undefined` where help is asked for.
 *
 * @throws UsageError
 */
export function readFileDropSettings(
  args: readonly string[],
  env: Environment,
): FileDropSettings | undefined {
  // The only one that takes no value.
  const rest = args.filter((arg) => arg !== '--serve');
  const serves = rest.length < args.length;
  const { help, positionals, options } = readArguments(OPTIONS, rest);
  if (help) return undefined;
  const folder = serves ? refuseFolder(positionals) : folderOf(positionals, options);
  const rate = rateOf(options.get('rate'));
  const mode = oneOf('mode', options.get('mode') ?? (rate === undefined ? 'auto' : 'job'), MODES);
  const dropId = options.get('drop-id');
  if (dropId !== undefined && !options.has('store')) {
    throw new UsageError('--drop-id needs the --store of that drop');
  }
  const hostname = options.get('hostname') ?? '127.0.0.1';
  const token = env['FILE_DROP_TOKEN'] || undefined;
  if (!/^(?:localhost|127\.[\d.]+|::1)$/.test(hostname) && token === undefined) {
    throw new UsageError(`--hostname ${hostname} is reached by others, so set $FILE_DROP_TOKEN`);
  }
  return {
    folder,
    namespace: options.get('namespace'),
    cluster: clusterOf(options, env),
    mode,
    rate,
    concurrency: wholeNumber('concurrency', options.get('concurrency') ?? '20', 1),
    store: options.get('store'),
    dropId,
    port: wholeNumber('port', options.get('port') ?? (serves ? '5000' : '0'), 0, 65_535),
    hostname,
    token,
    delay: wholeNumber('delay', options.get('delay') ?? '500', 0),
  };
}

const SAMPLE = fileURLToPath(new URL('../deploy', import.meta.url));

const MODES = ['job', 'indexed', 'auto'] as const;

const OF_THE_CLUSTER = ['image', 'api-url', 'backend-url', 'api-token-secret'] as const;

const OPTIONS = [
  'kubeconfig',
  'namespace',
  'mode',
  'rate',
  'concurrency',
  'store',
  'drop-id',
  'port',
  'hostname',
  'delay',
  ...OF_THE_CLUSTER,
] as const;

type Options = ReadonlyMap<(typeof OPTIONS)[number], string>;

function refuseFolder([folder]: readonly string[]): undefined {
  if (folder !== undefined) throw new UsageError('--serve takes no folder; drop it on the page');
}

function folderOf([folder, other]: readonly string[], options: Options): string {
  if (folder === undefined) {
    if (options.has('kubeconfig'))
      throw new UsageError('with --kubeconfig give a folder to drop, or --serve');
    return SAMPLE;
  }
  if (other !== undefined) throw new UsageError(`give one folder, and not ${JSON.stringify(other)} as well`);
  return folder;
}

function clusterOf(options: Options, env: Environment): RealCluster | undefined {
  const kubeconfig = options.get('kubeconfig');
  if (kubeconfig === undefined) {
    const stray = OF_THE_CLUSTER.find((name) => options.has(name));
    if (stray !== undefined) throw new UsageError(`--${stray} is for a cluster of yours: give --kubeconfig`);
    return undefined;
  }
  const needed = (name: 'image' | 'api-url' | 'backend-url') => {
    const value = options.get(name);
    if (value === undefined) throw new UsageError(`with --kubeconfig give --${name}`);
    return value;
  };
  return {
    kubeconfig,
    image: needed('image'),
    apiUrl: needed('api-url'),
    backendUrl: needed('backend-url'),
    apiToken: tokenOf(options, env),
  };
}

function tokenOf(options: Options, env: Environment): string | SecretKey | undefined {
  const secret = options.get('api-token-secret');
  if (secret === undefined) return env['API_TOKEN'] || undefined;
  const [, secretName, key] = /^([^/]+)\/([^/]+)$/.exec(secret) ?? [];
  if (secretName !== undefined && key !== undefined) return { secretName, key };
  // Not shown: it may be the token itself.
  throw new UsageError('--api-token-secret takes the name of a Secret and of a key in it, as NAME/KEY');
}

function rateOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const rate = text.trim() === '' ? Number.NaN : Number(text);
  if (Number.isFinite(rate) && rate > 0) return rate;
  throw new UsageError(`--rate takes a number of files per second above 0, received ${JSON.stringify(text)}`);
}
