import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Credentials, connectKubernetes, type Kubernetes } from 'holdfast';
import {
  kubernetesRunner,
  type LoginFunction,
  serve,
  solrStandby,
  sqliteJobStore,
  syncratorApp,
} from 'holdfast/server';
import { startMiniKubernetes } from 'holdfast/testing';
import { SignJWT } from 'jose';
import { UsageError } from './arguments.ts';
import { connectCluster } from './connect-cluster.ts';
import { DATABASE_VARIABLE, syncratorProgram } from './syncrator-program.ts';
import type { ServerSettings } from './syncrator-settings.ts';

/** Whom a server without an OAuth server lets in. */
const DEMO: Credentials = { username: 'demo', password: 'demo' };

export interface OpenedServer extends AsyncDisposable {
  readonly url: string;
  /** What it lets in, where that is known here. */
  readonly credentials: Credentials | undefined;
}

/** The server with all that is behind it, which it closes. */
export async function openServer(settings: ServerSettings): Promise<OpenedServer> {
  const parts = new Parts();
  try {
    return await openParts(settings, parts);
  } catch (error) {
    await parts[Symbol.asyncDispose]();
    throw error;
  }
}

/** What is closed together, the last opened first. */
class Parts implements AsyncDisposable {
  readonly #parts: AsyncDisposable[] = [];

  use<Part extends AsyncDisposable>(part: Part): Part {
    this.#parts.push(part);
    return part;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const part of this.#parts.splice(0).reverse()) await part[Symbol.asyncDispose]();
  }
}

async function openParts(settings: ServerSettings, parts: Parts): Promise<OpenedServer> {
  const database = settings.database ?? parts.use(await temporaryFile()).path;
  const kube = await openCluster(settings, database, parts);
  const store = parts.use(sqliteJobStore(database));
  const { template, params, statusFrom, solr, ownEnv: env, port, hostname } = settings;
  const runner = parts.use(
    kubernetesRunner({
      kube,
      store,
      template: await readTemplate(template),
      statusFrom,
      logger: warnings,
      ...(solr === undefined ? {} : { beforeStart: solrStandby({ url: solr, logger: warnings }) }),
    }),
  );
  const secret = settings.jwtSecret ?? randomBytes(32).toString('base64');
  const login = loginOf(settings, secret);
  const app = syncratorApp({
    store,
    runner,
    params,
    env,
    auth: { secret },
    logger: warnings,
    ...(login && { login }),
  });
  const server = parts.use(
    await serve(app, { port, hostname, grace: 5_000 }).catch((error: NodeJS.ErrnoException) => {
      if (error.syscall !== 'listen') throw error;
      throw new UsageError(`cannot listen on --port ${port} (${error.code}); choose another`);
    }),
  );
  return {
    url: server.url,
    credentials: typeof login === 'function' ? DEMO : undefined,
    [Symbol.asyncDispose]: () => parts[Symbol.asyncDispose](),
  };
}

function readTemplate(path: string): Promise<string> {
  return readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(`--template ${JSON.stringify(path)} cannot be read (${error.code})`);
  });
}

/** What a person has to know; the rest is in the jobs. */
const warnings = {
  debug: () => undefined,
  info: () => undefined,
  warn: (message: string) => console.error(message),
  error: (message: string) => console.error(message),
};

async function openCluster(
  { kubeconfig, namespace: given }: ServerSettings,
  database: string,
  parts: Parts,
): Promise<Kubernetes> {
  if (kubeconfig !== undefined) {
    return parts.use(await connectCluster({ kubeconfig, namespace: given }));
  }
  const namespace = given ?? 'default';
  const cluster = parts.use(
    await startMiniKubernetes({ images: { syncrator: syncratorProgram }, namespaces: [namespace] }),
  );
  const kube = parts.use(connectKubernetes({ kubeconfig: cluster.kubeconfig, namespace }));
  const name = 'syncrator-envtarget-qas-avo';
  await kube.create('configmaps', { metadata: { name }, data: { [DATABASE_VARIABLE]: database } });
  console.error('without --kubeconfig: a mini Kubernetes for this run only, whose jobs only count records');
  return kube;
}

function loginOf({ oauth, jwtSecret }: ServerSettings, secret: string) {
  if (oauth !== undefined) return { oauth };
  // Whoever holds the secret gives tokens.
  if (jwtSecret !== undefined) return undefined;
  const key = Buffer.from(secret, 'base64').filter((byte) => byte !== 0x1a);
  const login: LoginFunction = async ({ username, password }) => {
    if (username !== DEMO.username || password !== DEMO.password) return undefined;
    const jwt = new SignJWT({ sub: username }).setProtectedHeader({ alg: 'HS256' }).setAudience('syncrator');
    return { accessToken: await jwt.setExpirationTime('899s').sign(key), expiresIn: 899 };
  };
  return login;
}

async function temporaryFile() {
  const folder = await mkdtemp(join(tmpdir(), 'syncrator-'));
  const dispose = () => rm(folder, { recursive: true, force: true });
  return { path: join(folder, 'jobs.sqlite'), [Symbol.asyncDispose]: dispose };
}
