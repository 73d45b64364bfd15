import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SignJWT } from 'jose';
import { onTestFinished } from 'vitest';
import { stringify } from 'yaml';
import { ConfigError } from '../../../src/core/errors.ts';
import type { Logger } from '../../../src/core/observe.ts';
import { type RunningServer, type ServeOptions, serve } from '../../../src/server/serve.ts';
import type { JobStore, StartParams } from '../../../src/server/syncrator/job-store.ts';
import type { SyncratorAppOptions } from '../../../src/server/syncrator/options.ts';
import type { Runner } from '../../../src/server/syncrator/runner.ts';
import { sqliteJobStore } from '../../../src/server/syncrator/sqlite-job-store.ts';
import { syncratorApp } from '../../../src/server/syncrator/syncrator-app.ts';

export const SECRET = Buffer.from('a secret of the OAuth server, long enough');
export const auth = { secret: SECRET.toString('base64') };

interface Claims {
  readonly audience?: string | undefined;
  readonly expiresIn?: string | undefined;
  readonly secret?: Uint8Array | undefined;
  readonly algorithm?: string | undefined;
}

/** A token as the OAuth server signs it, but for what is given. */
export function signToken(claims: Claims = {}): Promise<string> {
  const { audience = 'syncrator', secret = SECRET, algorithm = 'HS256' } = claims;
  const jwt = new SignJWT({ sub: 'somelogin@meemoo.be' }).setProtectedHeader({ alg: algorithm });
  jwt.setAudience(audience);
  if (!('expiresIn' in claims)) jwt.setExpirationTime('15m');
  else if (claims.expiresIn !== undefined) jwt.setExpirationTime(claims.expiresIn);
  return jwt.sign(secret);
}

/** Runs nothing, and tells what it was asked for. */
export function recordingRunner() {
  const calls: string[] = [];
  const runner: Runner = {
    plan: (params, jobId) => {
      if (params.OPTIONS.includes('$')) {
        throw new ConfigError([{ path: 'params.OPTIONS', message: 'holds "$"; leave it out' }]);
      }
      return {
        params: { ...params, OPTIONS: `${params.OPTIONS} --api_job_id ${jobId}` },
        manifest: stringify({ kind: 'Job', image: `syncrator:${params.IS_TAG}` }),
      };
    },
    resume: async () => void calls.push('resume'),
    start: async (id) => void calls.push(`start ${id}`),
    remove: async (id) => void calls.push(`remove ${id}`),
    close: async () => undefined,
    [Symbol.asyncDispose]: async () => undefined,
  };
  return { runner, calls };
}

export const avoSync: StartParams = {
  TARGET: 'avo',
  ENV: 'qas',
  ACTION_NAME: 'sync',
  ACTION: 'sync',
  IS_TAG: 'latest',
  OPTIONS: '-n 1000 -c 1',
};

/** Of these, and of no other file. */
export const oneFolder = (params: StartParams = avoSync): NonNullable<SyncratorAppOptions['params']> => ({
  read: async ({ env, project, action }) => {
    const file = `${env}/${project}-${action}.public_params`;
    return { file, params: file === 'qas/avo-sync.public_params' ? params : undefined };
  },
});

/** A logger that keeps all. */
export function keptLog() {
  const lines: string[] = [];
  const keep = (message: string, details?: object) => {
    const error: unknown = details === undefined ? undefined : Reflect.get(details, 'error');
    lines.push(`${message} ${JSON.stringify(details)} ${error instanceof Error ? error.message : ''}`);
  };
  const logger: Logger = { debug: keep, info: keep, warn: keep, error: keep };
  return { lines, logger };
}

/** A file in a folder that is removed when the test has ended. */
export async function temporaryFile(name: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'syncrator-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return join(folder, name);
}

/** The app on a store of its own, over HTTP, until the test has ended. */
export async function startApp(
  options: Partial<SyncratorAppOptions> = {},
  serveOptions: ServeOptions = {},
): Promise<StartedApp> {
  const { runner, calls } = recordingRunner();
  const store = options.store ?? sqliteJobStore(await temporaryFile('jobs.sqlite'));
  const app = syncratorApp({ runner, params: oneFolder(), auth, ...options, store });
  const server = await serve(app, serveOptions);
  onTestFinished(async () => {
    await server.close();
    await store.close();
  });
  return { server, url: server.url, store, calls };
}

export interface StartedApp {
  readonly server: RunningServer;
  readonly url: string;
  readonly store: JobStore;
  /** What the runner was asked for, as `start 1`. */
  readonly calls: readonly string[];
}
