import { fileURLToPath } from 'node:url';
import type { Credentials, JobAction } from 'holdfast';
import { type Arguments, oneOf, readArguments, UsageError, wholeNumber } from './arguments.ts';

export const HELP = `Usage: npm run example -- syncrator [COMMAND] [OPTIONS]

Commands
  start ACTION PROJECT [ENV]     start a job, and follow it where the server is this process
  dry-run ACTION PROJECT [ENV]   what a start would make
  follow ID                      see a job to its end
  list                           the newest jobs
  delete ID                      make a job deleted, and remove what runs it
  login                          print a token
  serve                          run the server, and its page, until Ctrl-C
ACTION is sync, delta, delete or diff. With --url or --kubeconfig give a command;
else it is start delta avo qas unless told otherwise.

Options
  --url URL            the server. Without it, one for this run only, in this process
  --page N             list: of 50 jobs                                                        [1]
  --help, -h           this text

Options of the server in this process, so not together with --url
  --kubeconfig PATH    where jobs run; "in-cluster" takes what the environment gives: $KUBECONFIG,
                       ~/.kube/config or the service account of the pod this runs in. Without it: a
                       mini Kubernetes in this process, with a program that only counts records
  --namespace NS       where jobs run                         [that of the kubeconfig, or default]
  --template FILE      an OpenShift template of one Job          [examples/deploy/syncrator/…;
  --params FOLDER      ENV/PROJECT-ACTION.public_params             needed with --kubeconfig]
  --database FILE      keeps the jobs; needed with --kubeconfig           [a file for this run only]
  --status-from WHO    program: it writes to the database; job: it cannot, the Job tells
                                                        [job with --kubeconfig, program without]
  --solr URL           a sync of cataloguspro or metadatacatalogus prepares its standby alias there
                                                                                           [none]
  --own-env ENV        of paths and commands without one                                    [qas]
  --oauth URL          who gives tokens at /login; needs $SYNCRATOR_JWT_SECRET
                                                        [anybody is let in as demo, password demo]
  --port N             serve: 0 takes a free one                                           [8080]
  --hostname ADDRESS   serve: any but this machine's loopback needs $SYNCRATOR_JWT_SECRET
                                                                                       [127.0.0.1]

Environment
  SYNCRATOR_USERNAME, SYNCRATOR_PASSWORD   to log in with at the server   [demo where that is known]
  SYNCRATOR_TOKEN                          in place of them
  SYNCRATOR_JWT_SECRET                     of the server: what tokens are signed with, in base64

The exit code is 0 when all came out well, 130 after Ctrl-C, else 1.`;

const COMMANDS = ['start', 'dry-run', 'follow', 'list', 'delete', 'login', 'serve'] as const;
const ACTIONS = ['sync', 'delta', 'delete', 'diff'] as const;
const SERVER_OPTIONS = [
  'kubeconfig',
  'namespace',
  'template',
  'params',
  'database',
  'status-from',
  'solr',
  'own-env',
  'oauth',
  'port',
  'hostname',
] as const;
const OPTIONS = ['url', 'page', ...SERVER_OPTIONS] as const;

type Options = Arguments<(typeof OPTIONS)[number]>['options'];
type Environment = Readonly<Record<string, string | undefined>>;

/** The server in this process. */
export interface ServerSettings {
  /** Undefined: a mini Kubernetes. */
  readonly kubeconfig: string | undefined;
  readonly namespace: string | undefined;
  readonly template: string;
  readonly params: string;
  readonly database: string | undefined;
  readonly statusFrom: 'program' | 'job';
  readonly solr: string | undefined;
  readonly ownEnv: string;
  readonly oauth: string | undefined;
  readonly jwtSecret: string | undefined;
  readonly port: number;
  readonly hostname: string;
}

type Command =
  | {
      readonly name: 'start' | 'dry-run';
      readonly action: JobAction;
      readonly project: string;
      readonly env: string | undefined;
    }
  | { readonly name: 'follow' | 'delete'; readonly id: number }
  | { readonly name: 'list'; readonly page: number }
  | { readonly name: 'login' | 'serve' };

export interface SyncratorSettings {
  readonly command: Command;
  /** Undefined: a server in this process. */
  readonly url: string | undefined;
  readonly server: ServerSettings;
  readonly credentials: Credentials | undefined;
  readonly token: string | undefined;
}

/**
 * What the command line and the environment say; `undefined` where help is asked for.
 *
 * @throws UsageError
 */
export function readSyncratorSettings(
  args: readonly string[],
  env: Environment,
): SyncratorSettings | undefined {
  const { help, positionals, options } = readArguments(OPTIONS, args);
  if (help) return undefined;
  const command = commandOf(positionals, options);
  const url = options.get('url');
  if (url !== undefined) refuseServerOptions(command, options);
  const { SYNCRATOR_USERNAME: username = '', SYNCRATOR_PASSWORD: password = '' } = env;
  return {
    command,
    url,
    server: serverOf(options, env),
    credentials: username === '' || password === '' ? undefined : { username, password },
    token: env['SYNCRATOR_TOKEN'] || undefined,
  };
}

/** What is shown to those who say nothing, on a server that nobody else uses. */
const SAMPLE = ['start', 'delta', 'avo', 'qas'];

function commandOf(positionals: readonly string[], options: Options): Command {
  const alone = !options.has('url') && !options.has('kubeconfig');
  const [word, ...rest] = positionals.length === 0 && alone ? SAMPLE : positionals;
  if (word === undefined) throw new UsageError(`give one of the commands ${COMMANDS.join(', ')}`);
  const name = oneOf('command', word, COMMANDS);
  if (options.has('page') && name !== 'list') throw new UsageError(`--page is for list, not for ${name}`);
  switch (name) {
    case 'start':
    case 'dry-run': {
      const [action, project, env] = take(name, rest, 2, 3, 'ACTION PROJECT [ENV]');
      return { name, action: oneOf('action', action ?? '', ACTIONS), project: project ?? '', env };
    }
    case 'follow':
    case 'delete': {
      const [id = ''] = take(name, rest, 1, 1, 'the ID of a job');
      if (!/^\d{1,15}$/.test(id))
        throw new UsageError(`${name} takes the ID of a job, received ${JSON.stringify(id)}`);
      return { name, id: Number(id) };
    }
    case 'list':
      take(name, rest, 0, 0, 'nothing but options');
      return { name, page: wholeNumber('page', options.get('page') ?? '1', 1) };
    default:
      take(name, rest, 0, 0, 'nothing but options');
      return { name };
  }
}

function take(
  name: string,
  rest: readonly string[],
  least: number,
  most: number,
  what: string,
): readonly string[] {
  if (rest.length >= least && rest.length <= most) return rest;
  const received = rest.map((text) => JSON.stringify(text)).join(' ') || 'nothing';
  throw new UsageError(`${name} takes ${what}, received ${received}`);
}

function refuseServerOptions({ name }: Command, options: Options): void {
  if (name === 'serve') throw new UsageError('serve is the server, so it takes no --url');
  const [option] = SERVER_OPTIONS.filter((one) => options.has(one));
  if (option !== undefined)
    throw new UsageError(`--${option} is of a server in this process, so it does not go with --url`);
}

function serverOf(options: Options, env: Environment): ServerSettings {
  const kubeconfig = options.get('kubeconfig');
  if (kubeconfig !== undefined) {
    for (const option of ['template', 'params', 'database'] as const) {
      if (!options.has(option)) throw new UsageError(`with --kubeconfig give a --${option}`);
    }
  }
  const jwtSecret = env['SYNCRATOR_JWT_SECRET'] || undefined;
  const oauth = options.get('oauth');
  const hostname = options.get('hostname') ?? '127.0.0.1';
  if (jwtSecret === undefined) {
    if (oauth !== undefined) throw new UsageError('with --oauth set $SYNCRATOR_JWT_SECRET');
    if (!/^(?:localhost|127\.[\d.]+|::1)$/.test(hostname)) {
      throw new UsageError(`--hostname ${hostname} is reached by others, so set $SYNCRATOR_JWT_SECRET`);
    }
  }
  const statusFrom = options.get('status-from') ?? (kubeconfig === undefined ? 'program' : 'job');
  return {
    kubeconfig,
    namespace: options.get('namespace'),
    template: options.get('template') ?? sample('job_template.yaml'),
    params: options.get('params') ?? sample('job_params'),
    database: options.get('database'),
    statusFrom: oneOf('source', statusFrom, ['program', 'job']),
    solr: options.get('solr'),
    ownEnv: options.get('own-env') ?? 'qas',
    oauth,
    jwtSecret,
    port: wholeNumber('port', options.get('port') ?? '8080', 0, 65_535),
    hostname,
  };
}

const sample = (name: string) => fileURLToPath(new URL(`../deploy/syncrator/${name}`, import.meta.url));
