import { homedir } from 'node:os';
import type * as Client from '@kubernetes/client-node';
import { ConfigError } from '../core/errors.ts';
import { redactUrl } from '../core/observe.ts';
import { supervisePlugins } from './credential-plugins.ts';
import { isPath, loadDefault, loadFile } from './kubeconfig-files.ts';
import { loadClient } from './load-library.ts';
import type { KubernetesSettings } from './options.ts';

/** A kubeconfig that was found to name a server that can be called. */
export interface LoadedConfig {
  readonly config: Client.KubeConfig;
  readonly cluster: Client.Cluster;
  readonly server: URL;
  /** Of the context, where it names one. */
  readonly namespace: string | undefined;
  /** For messages: where it was read, with context and user. */
  readonly description: string;
  /** Ends the credential plugins that run for it. */
  endPlugins(): void;
}

/**
 * Reads the kubeconfig anew, and with it whatever credentials its authenticators had kept.
 *
 * @throws {ConfigError} that says which file or context is wrong; nothing of the file stands in it
 */
export async function loadKubeconfig(settings: KubernetesSettings): Promise<LoadedConfig> {
  const library = await loadClient();
  const source = describeSource(settings.kubeconfig);
  const config = read(library, settings.kubeconfig, source);
  if (settings.kubeconfig === undefined) refuseFallback(config);
  if (settings.context !== undefined) config.setCurrentContext(settings.context);
  return { ...check(config, source), endPlugins: supervisePlugins(authenticatorsOf(config)) };
}

function read(
  library: typeof Client,
  given: KubernetesSettings['kubeconfig'],
  source: string,
): Client.KubeConfig {
  if (typeof given === 'object') {
    // One that inherits from the caller's, so that it can get a context of its own and authenticators that remember
    // nothing, without a change to the caller's or the loss of what a subclass does.
    const authenticators = authenticatorsOf(new library.KubeConfig());
    return Object.assign(Object.create(given) as Client.KubeConfig, { authenticators });
  }
  try {
    return given === undefined ? loadDefault(library) : loadFile(given, library);
  } catch (error) {
    throw explain(source, typeof given === 'string' ? given : undefined, error);
  }
}

function describeSource(given: KubernetesSettings['kubeconfig']): string {
  if (typeof given === 'string') return `kubeconfig ${given}`;
  if (given !== undefined) return 'the KubeConfig given';
  const listed = process.env['KUBECONFIG'];
  if (!listed) return 'the default kubeconfig';
  if (isPath(listed)) return `kubeconfig $KUBECONFIG (${listed})`;
  throw refusal('$KUBECONFIG', 'expected paths of files, received a text that is none');
}

const authenticatorsOf = (config: Client.KubeConfig) =>
  (Reflect.get(config, 'authenticators') ?? []) as readonly object[];

/** Where there is nothing at all the client would speak to http://localhost:8080. */
function refuseFallback(config: Client.KubeConfig): void {
  const server = config.getCurrentCluster()?.server;
  if (config.getCurrentContext() !== 'loaded-context' || server !== 'http://localhost:8080') return;
  const looked = `$KUBECONFIG is not set, ${homedir()}/.kube/config is not there, and this is no pod with a service account`;
  throw refusal('kubeconfig', `none was found: ${looked}; pass the path of one`);
}

function check(config: Client.KubeConfig, source: string): Omit<LoadedConfig, 'endPlugins'> {
  const names = config.getContexts().map(({ name }) => name);
  const current = config.getCurrentContext() as string | undefined;
  const have = names.length === 0 ? 'it has none' : `it has ${names.join(', ')}`;
  if (!current) throw refusal(source, `names no current context; pass one: ${have}`);
  const context = config.getContexts().find(({ name }) => name === current);
  if (context === undefined) {
    throw refusal(source, `has no context ${JSON.stringify(current)}; ${have}`);
  }
  const place = `${source}, context ${JSON.stringify(current)}`;
  const cluster = config.getCluster(context.cluster);
  if (cluster === null) {
    throw refusal(place, `names the cluster ${JSON.stringify(context.cluster)}, which is not there`);
  }
  checkUser(config, context, place);
  const user = context.user ? `, user ${JSON.stringify(context.user)}` : '';
  return {
    config,
    cluster,
    server: checkServer(cluster, place),
    namespace: context.namespace?.trim() || undefined,
    description: `${place}${user}`,
  };
}

function checkUser(config: Client.KubeConfig, context: Client.Context, place: string): void {
  if (!context.user) {
    // Without a user the client forgets the cluster's certificate authority: it gets one without credentials.
    const anonymous = '';
    config.users = [...config.getUsers(), { name: anonymous }];
    config.contexts = config
      .getContexts()
      .map((other) => (other === context ? { ...context, user: anonymous } : other));
  } else if (config.getUser(context.user) === null) {
    throw refusal(place, `names the user ${JSON.stringify(context.user)}, which is not there`);
  }
}

function checkServer(cluster: Client.Cluster, place: string): URL {
  const server = URL.parse(cluster.server);
  const shown = redactUrl(cluster.server);
  if (server === null || !['http:', 'https:'].includes(server.protocol)) {
    throw refusal(place, `expected an http or https url as server, received ${shown}`);
  }
  if (server.protocol === 'http:' && !cluster.skipTLSVerify) {
    const message = `its server ${shown} is plain http; set insecure-skip-tls-verify: true if that is meant`;
    throw refusal(place, message);
  }
  const { proxyUrl } = cluster;
  if (proxyUrl && !['http:', 'https:'].includes(URL.parse(proxyUrl)?.protocol ?? '')) {
    const message = `its proxy-url ${redactUrl(proxyUrl)} is not supported; urls of http and https proxies are`;
    throw refusal(place, message);
  }
  return server;
}

/** Never the error itself: that of the YAML parser shows the lines around the mistake. */
function explain(place: string, file: string | undefined, error: unknown): ConfigError {
  const { code, path, message, mark } = error as {
    code?: unknown;
    path?: unknown;
    message?: unknown;
    mark?: { line?: unknown; column?: unknown };
  };
  if (typeof code === 'string' && typeof path === 'string') {
    return refusal(place, `${path} cannot be read (${code}); pass the path of a file that is there`);
  }
  if (typeof mark?.line === 'number' && typeof mark.column === 'number') {
    const at = { line: mark.line + 1, column: mark.column + 1 };
    const why = 'is not valid YAML; a kubeconfig is';
    return new ConfigError([{ path: place, message: why, source: file ?? 'kubeconfig', ...at }]);
  }
  // The words of the client's own checks.
  if (typeof message === 'string' && /^(?:(?:clusters|users|contexts)\[\d+\]|Duplicate )/.test(message)) {
    return refusal(place, message);
  }
  return refusal(place, 'is not a kubeconfig; one has clusters, users, contexts and current-context');
}

const refusal = (path: string, message: string) => new ConfigError([{ path, message }]);
