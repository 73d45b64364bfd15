import { type Environment, readArguments, UsageError, wholeNumber } from './arguments.ts';
import { CLUSTER_HELP, CLUSTER_OPTIONS, type ClusterSettings, clusterSettings } from './cluster-settings.ts';

export const HELP = `Usage: npm run example -- pod-api-server [OPTIONS]

Serves POST /process, /waku/relay, /action/NAME and /cache/clear, and GET /actions, /health
and /openapi.json, until Ctrl-C.

Options
${CLUSTER_HELP}
  --port N             0 takes a free one                                                 [8645]
  --hostname ADDRESS   where to listen; any but this machine's loopback needs a token [127.0.0.1]
  --allow-hosts LIST   hosts that endpoints in a request may have besides {node}, with commas
  --help, -h           this text

Environment
  POD_API_TOKEN        every request but GET /health must bring it as a bearer token      [none]

The exit code is 0 after Ctrl-C, else 1.`;

export interface ServerSettings extends ClusterSettings {
  readonly port: number;
  readonly hostname: string;
  readonly allowHosts: readonly string[];
  readonly token: string | undefined;
}

/**
 * What the command line and the environment say; `undefined` where help is asked for.
 *
 * @throws UsageError
 */
export function readServerSettings(args: readonly string[], env: Environment): ServerSettings | undefined {
  const given = readArguments(OPTIONS, args);
  if (given.help) return undefined;
  const { options } = given;
  const token = env['POD_API_TOKEN'];
  const hostname = options.get('hostname') ?? '127.0.0.1';
  if (!/^(?:localhost|127\.[\d.]+|::1)$/.test(hostname) && (token ?? '') === '') {
    throw new UsageError(`--hostname ${hostname} is reached by others, so set $POD_API_TOKEN`);
  }
  return {
    ...clusterSettings(given),
    port: wholeNumber('port', options.get('port') ?? '8645', 0, 65_535),
    hostname,
    allowHosts: options.get('allow-hosts')?.split(',') ?? [],
    token: token === '' ? undefined : token,
  };
}

const OPTIONS = [...CLUSTER_OPTIONS, 'port', 'hostname', 'allow-hosts'] as const;
