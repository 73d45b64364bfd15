import { once } from 'node:events';
import { HttpError, SyncratorClient } from 'holdfast';
import { progressBar } from './progress-bar.ts';
import { type OpenedServer, openServer } from './syncrator-server.ts';
import { HELP, readSyncratorSettings, type SyncratorSettings } from './syncrator-settings.ts';
import { printTable } from './table.ts';

interface Session {
  readonly settings: SyncratorSettings;
  readonly syncrator: SyncratorClient;
  /** Where the server is in this process. */
  readonly server: OpenedServer | undefined;
  readonly signal: AbortSignal;
}

/** Runs the example's command line. Resolves to whether all came out well. */
export async function runSyncrator(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  signal: AbortSignal,
): Promise<boolean> {
  const settings = readSyncratorSettings(args, env);
  if (settings === undefined) {
    console.log(HELP);
    return true;
  }
  const { name } = settings.command;
  const port = name === 'serve' ? settings.server.port : 0;
  await using server =
    settings.url === undefined ? await openServer({ ...settings.server, port }) : undefined;
  const credentials =
    settings.credentials ?? (settings.token === undefined ? server?.credentials : undefined);
  const { command, url = server?.url ?? '', token } = settings;
  await using syncrator = new SyncratorClient({
    baseUrl: url,
    // Then it is the server's own.
    paths: 'project' in command && command.env === undefined ? 'project' : 'project-env',
    ...(credentials === undefined ? {} : { credentials }),
    ...(token === undefined ? {} : { token }),
  });
  const session = { settings, syncrator, server, signal };
  try {
    await addJobs(session);
    return await runCommand(session);
  } catch (error) {
    if (error instanceof HttpError && error.body !== '') console.error(error.body);
    throw error;
  }
}

async function runCommand(session: Session): Promise<boolean> {
  const { settings, syncrator, server, signal } = session;
  const { command } = settings;
  switch (command.name) {
    case 'start': {
      const { action, project, env } = command;
      const { jobId, result } = await syncrator.start(action, project, env, {
        signal,
      });
      console.log(`job ${jobId}: ${result}`);
      return server === undefined ? true : follow(session, jobId);
    }
    case 'dry-run': {
      const { action, project, env } = command;
      const { result } = await syncrator.dryRun(action, project, env, { signal });
      console.log(result.trimEnd());
      return true;
    }
    case 'follow':
      return follow(session, command.id);
    case 'list':
      return list(session, command.page);
    case 'delete': {
      const { id, status } = await syncrator.deleteJob(command.id, { signal });
      console.log(`job ${id}: ${status}`);
      return true;
    }
    case 'login': {
      const { accessToken, expiresAt } = await syncrator.login();
      console.log(accessToken);
      console.error(`valid until ${expiresAt.toISOString()}`);
      return true;
    }
    case 'serve':
      return serveUntilStopped(session);
  }
}

/** A job's program says how many records it has seen, and not how many there are: the bar shows the job's stages. */
async function follow({ syncrator, signal }: Session, id: number): Promise<boolean> {
  const stages = ['starting', 'running', 'completed'];
  const bar = progressBar(`job ${id}`, stages.length);
  try {
    const run = syncrator.follow(id, { signal, interval: 250, maxInterval: 5_000 });
    for await (const { status, syncJob } of run) {
      bar.show({ done: stages.indexOf(status) + 1, failed: 0 });
      bar.note(`${status}${syncJob === undefined ? '' : `, ${syncJob.totalRecords} records`}`);
    }
    return (await run).job.status === 'completed';
  } finally {
    bar.end();
  }
}

async function list({ syncrator, signal }: Session, page: number): Promise<boolean> {
  const { items } = await syncrator.jobs({ page, signal });
  printTable([
    ['job', 'target', 'env', 'action', 'status', 'records', 'created'],
    ...(await Promise.all(
      items.map(async ({ id, syncId, target, env, jobType, status, createdAt }) => {
        const { syncJob } = syncId === null ? {} : await syncrator.job(id, { signal });
        return [id, target, env, jobType, status, syncJob?.totalRecords ?? '', createdAt.toISOString()];
      }),
    )),
  ]);
  return true;
}

async function serveUntilStopped({ server, signal }: Session): Promise<boolean> {
  console.log(server?.url);
  const demo = server?.credentials;
  const who = demo === undefined ? '' : `; log in as ${demo.username}, password ${demo.password}`;
  console.error(`until Ctrl-C; the page is ${server?.url}/${who}`);
  if (!signal.aborted) await once(signal, 'abort');
  return true;
}

/** A server that begins with nothing has nothing to list, to follow and to delete. */
async function addJobs({ settings, syncrator, server, signal }: Session): Promise<void> {
  const { kubeconfig, database } = settings.server;
  if (server?.credentials === undefined || kubeconfig !== undefined || database !== undefined) return;
  if (!['follow', 'list', 'delete', 'serve'].includes(settings.command.name)) return;
  const { jobId } = await syncrator.start('delta', 'avo', 'qas', { signal });
  await syncrator.follow(jobId, { signal, interval: 50, maxInterval: 200 });
  const { jobId: running } = await syncrator.start('sync', 'avo', 'qas', { signal });
  for await (const { status } of syncrator.follow(running, { signal, interval: 50 })) {
    if (status !== 'starting') break;
  }
  console.error(
    `without --database: job ${jobId} has been completed and job ${running} runs, for a beginning`,
  );
}
