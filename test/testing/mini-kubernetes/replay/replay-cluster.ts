import { once } from 'node:events';
import { createApiServer } from '../../../../src/testing/mini-kubernetes/api/api-server.ts';
import { startControllers } from '../../../../src/testing/mini-kubernetes/controllers/controllers.ts';
import type { Image } from '../../../../src/testing/mini-kubernetes/kubelet/image.ts';
import { isJsonObject, listAt, objectAt } from '../../../../src/testing/mini-kubernetes/store/json.ts';
import { Store } from '../../../../src/testing/mini-kubernetes/store/store.ts';
import { TimerSet } from '../../../../src/testing/timer-set.ts';
import { steppedClock } from '../controllers/cluster.ts';
import { compareShapes, type Exchange, Translation } from './replayer.ts';

/**
 * The API server with its controllers, as they were when the recordings were made: the delays of a real cluster, in a
 * time that goes on only when the test says so, and a container that does what its pod's annotations say.
 */
export async function startReplayCluster(namespace: string) {
  const time = steppedClock();
  const { clock, advance } = time;
  const store = new Store({ clock });
  store.create('namespaces', { metadata: { name: namespace } });
  const annotated: Image = async ({ podName, signal, log, env }) => {
    const annotations = store.get('pods', namespace, podName)?.metadata.annotations ?? {};
    const { promise, resolve } = Promise.withResolvers<number>();
    const endAfter = (delay: string, code: string) =>
      clock.setTimer(() => resolve(Number(code)), Number(delay));
    for (const line of ['line 1', 'line 2', 'line 3']) log(line);
    const { 'test/phase': phase = 'Succeeded', 'test/fail-index': failing = 'none' } = annotations;
    const fails = phase === 'Failed' || failing === env['JOB_COMPLETION_INDEX'];
    if (phase !== 'Running') {
      endAfter(annotations['test/delay-ms'] ?? '300', annotations['test/exit-code'] ?? (fails ? '1' : '0'));
    }
    signal.addEventListener('abort', () => endAfter(annotations['test/term-ms'] ?? '0', '0'));
    return promise;
  };
  const working: Image = async ({ log }) => {
    for (const line of ['started b', 'working', 'done']) log(line);
  };
  const controllers = startControllers(store, {
    clock,
    images: { 'registry.example/app': annotated, 'registry.example/working': working },
    nodes: ['fake-node-1'],
    syncDelay: 1000,
    reactDelay: 30,
    startDelay: 100,
  });
  const later = new TimerSet(clock);
  const server = createApiServer({
    store,
    tokens: undefined,
    faults: undefined,
    logs: controllers.logs,
    later,
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${objectAt(server.address())['port']}`;
  const translation = new Translation();

  const fetchJson = async (method: string, path: string, body?: object) => {
    const init = body === undefined ? { method } : { method, body: JSON.stringify(body), headers: JSON_TYPE };
    const response = await fetch(url + path, init);
    return { status: response.status, body: (await response.json()) as unknown };
  };

  return {
    ...time,
    store,
    url,
    translation,
    namespace,
    fetchJson,
    jobsPath: `/apis/batch/v1/namespaces/${namespace}/jobs`,
    /** Lets time go on until a GET would be answered as recorded, as the recording's polls did. */
    awaitRecorded: async ({ request, response }: Exchange, limit = 20_000) => {
      if (request.method !== 'GET' || response.lines !== undefined) return;
      for (let waited = 0; waited < limit; waited += 10) {
        const { status, body } = await fetchJson('GET', translation.path(request.path));
        if (status === response.status && isSameState(response.body, body, translation)) return;
        await advance(10);
      }
    },
    [Symbol.asyncDispose]: async () => {
      later.drop();
      await controllers.close();
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

export type ReplayCluster = Awaited<ReturnType<typeof startReplayCluster>>;

const JSON_TYPE = { 'content-type': 'application/json' };

/** Whether the parts that the controllers change are as recorded. */
function isSameState(recorded: unknown, received: unknown, translation: Translation): boolean {
  if (!isJsonObject(recorded) || !isJsonObject(received)) return true;
  const [before, after] = [statesOf(recorded), statesOf(received)];
  return compareShapes('', before, after, translation).length === 0;
}

function statesOf(object: Readonly<Record<string, unknown>>): unknown {
  if (object['items'] !== undefined)
    return listAt(object['items']).map((item) => objectAt(objectAt(item)['status'])['phase']);
  const { status, metadata } = object;
  return object['kind'] === 'Pod'
    ? objectAt(status)['phase']
    : [status, objectAt(metadata)['finalizers'] ?? []];
}
