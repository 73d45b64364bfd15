/**
 * A service of somebody's own that keeps its orders on every node of a cluster.
 *
 *   npm run example -- order-service
 */
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ClusterClient, fileJournal } from 'holdfast';
import { FaultPlan, type GroupNodes, startGroupNodes } from 'holdfast/testing';
import { openHttpServer } from './order-service/http-server.ts';
import { jsonLogger } from './order-service/json-logger.ts';
import { operationMetrics } from './order-service/operation-metrics.ts';
import { orderRoutes } from './order-service/order-routes.ts';
import { startRecovery } from './order-service/recovery.ts';
import { sampleFaults, sendSamples } from './order-service/sample-requests.ts';
import { HELP, readServiceSettings, type ServiceSettings } from './order-service/settings.ts';
import { runScript } from './support/run-script.ts';

await runScript(async (signal) => {
  const settings = readServiceSettings();
  if (settings === undefined) {
    console.log(HELP);
    return true;
  }
  const { port, grace, deadline, recoverEvery } = settings;
  const logger = jsonLogger();
  // What is opened is closed in the opposite order, also after Ctrl-C and SIGTERM: the server first, which waits for what is
  // under way; then the recovery, the client, and the journal, which both need to the end.
  await using embedded = settings.nodes === undefined ? await startNodes(settings) : undefined;
  await using file = await journalFile(settings);
  await using journal = fileJournal(file.path);
  await using cluster = new ClusterClient(settings.nodes ?? embedded?.urls ?? {}, {
    journal,
    logger,
    attemptTimeout: 1_000,
    deadline,
    rollbackDeadline: deadline + 1_000,
  });
  using metrics = operationMetrics();
  let ready = false;
  const state = () => (signal.aborted ? 'stopping' : ready ? 'ready' : 'recovering');
  await using recovery = startRecovery(cluster, { every: recoverEvery, logger, signal });
  await using server = await openHttpServer(orderRoutes({ cluster, metrics, state }), {
    port,
    grace,
    logger,
  });
  console.log(server.url);
  await recovery.first;
  ready = true;
  if (!signal.aborted) console.error(`ready, until Ctrl-C; try: curl -X PUT ${server.url}/orders/mine`);
  if (embedded !== undefined) await sendSamples(server.url, signal);
  if (!signal.aborted) await once(signal, 'abort');
  return true;
});

function startNodes({ failures, seed }: ServiceSettings): Promise<GroupNodes> {
  console.error('without --nodes: 3 nodes for this run only, and some requests to begin with');
  const faults =
    failures === undefined
      ? sampleFaults()
      : FaultPlan.seeded(seed, { 'error-before': failures / 2, 'reset-after': failures / 2 });
  return startGroupNodes({ faults });
}

/** The one that is named, or one that goes with this process. */
async function journalFile({ journal }: ServiceSettings) {
  const folder = journal === undefined ? await mkdtemp(join(tmpdir(), 'order-service-')) : undefined;
  return {
    path: journal ?? join(folder ?? '', 'journal.db'),
    [Symbol.asyncDispose]: async () => {
      if (folder !== undefined) await rm(folder, { recursive: true, force: true });
    },
  };
}
