import { ConfigAction, staticPods } from 'holdfast';
import { atLeast, type BenchRow } from '../bench-row.ts';
import { startChild } from '../child.ts';
import { actionOf, bareCalls, type PodRequest, podAt } from '../pod-calls.ts';
import { compare, timed } from '../rounds.ts';

const PODS = 100;
const CONCURRENCY = 32;
const REQUESTS = Array.from(
  { length: 20 },
  (_, number): PodRequest => ({
    path: `request-${number}`,
    method: number % 2 === 0 ? 'GET' : 'POST',
    params: { topic: 'one', payload: 'a2x2' },
  }),
);
const CALLS = PODS * REQUESTS.length;

export const row: BenchRow = {
  measure: async () => {
    await using server = startChild(new URL('../servers/pods.ts', import.meta.url));
    const { port } = await server.heard<{ port: number }>();
    const pods = Array.from({ length: PODS }, (_, number) => podAt(number));
    const ips = pods.map(({ ip }) => ip);
    const action = ConfigAction.from(actionOf(REQUESTS, { port }));
    const source = staticPods(pods);

    const perSecond = (milliseconds: number) => (CALLS / milliseconds) * 1_000;
    const { ours, floor, ratio } = await compare({
      ours: async () =>
        perSecond(
          await timed(async () => {
            const { done } = await action.run(source, { concurrency: CONCURRENCY });
            if (done !== CALLS) throw new Error(`${done} of ${CALLS} calls were answered`);
          }),
        ),
      floor: async () => perSecond(await timed(() => bareCalls(ips, port, REQUESTS, CONCURRENCY))),
    });
    const shown = (figure: number) => `${figure.toFixed(0)} calls/s`;
    const what = `ConfigAction, ${CONCURRENCY} of ${PODS} pods at a time, against a bare fetch loop`;
    return [{ what, ours: shown(ours), floor: shown(floor), ...atLeast(ratio, 0.9) }];
  },
};
