import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { PlannedCall } from '../../src/config-action/call.ts';
import { ConfigAction } from '../../src/config-action/config-action.ts';
import { type StaticPod, staticPods } from '../../src/config-action/static-pods.ts';
import { ConfigError } from '../../src/core/errors.ts';

const endpoint = { name: 'e', url: 'http://{node}:{port}/x', type: 'GET' };

interface Given {
  readonly pods: readonly string[];
  /** Each target is a list of the names that it selects. */
  readonly targets?: readonly (readonly string[])[];
  readonly requests?: readonly string[];
  readonly action?: object;
}

const podNamed = (name: string): StaticPod => ({ name, ip: '127.0.0.1' });
const requestNamed = (name: string) => ({ name, endpoint });

function given({ pods, targets = [pods], requests = ['r'], action }: Given) {
  return {
    source: staticPods(
      pods.map((name) => ({
        ...podNamed(name),
        services: targets.flatMap((names, target) => (names.includes(name) ? [`service-${target}`] : [])),
      })),
    ),
    action: ConfigAction.from({
      name: 'a',
      targets: targets.map((_, target) => ({
        name: `target-${target}`,
        service: `service-${target}`,
        port: 8000 + target,
      })),
      requests: requests.map(requestNamed),
      loop_order: 'foreach_pod_make_all_requests',
      ...action,
    }),
  };
}

const podsOf = (calls: readonly PlannedCall[]) => calls.map(({ pod }) => pod).join(' ');

const rules: readonly (readonly [rule: string, given: Given, pods: string])[] = [
  ['pods come as they are listed', { pods: ['b', 'a', 'c'] }, 'b a c'],
  ['a pod of two targets comes twice', { pods: ['a', 'b'], targets: [['a', 'b'], ['b']] }, 'a b b'],
  ['targets come in turn', { pods: ['a', 'b'], targets: [['b'], ['a']] }, 'b a'],
  [
    'ascending is by code point',
    { pods: ['p-2', 'p-10', 'P-3'], action: { order: 'ascending' } },
    'P-3 p-10 p-2',
  ],
  [
    'code points are not code units',
    { pods: ['\u{1f600}', '\uff5e'], action: { order: 'ascending' } },
    '\uff5e \u{1f600}',
  ],
  ['descending', { pods: ['a', 'c', 'b'], action: { order: 'descending' } }, 'c b a'],
  [
    'the first ones are passed over and come last',
    { pods: ['a', 'b', 'c'], action: { pod_start_index: 1 } },
    'b c a',
  ],
  ['a count takes so many', { pods: ['a', 'b', 'c'], action: { pod_start_index: 1, pod_count: 1 } }, 'b'],
  [
    'a count past the end goes round',
    { pods: ['a', 'b'], action: { pod_start_index: 1, pod_count: 5 } },
    'b a b a b',
  ],
  [
    'what is sorted is the whole list',
    { pods: ['c', 'a', 'b'], targets: [['c'], ['a', 'b']], action: { order: 'ascending', pod_count: 2 } },
    'a b',
  ],
];

it.each(rules)('%s', async (_rule, { ...rest }, pods) => {
  const { source, action } = given(rest);
  expect(podsOf(await action.plan(source))).toBe(pods);
});

it('goes pod by pod, or request by request', async () => {
  const names = ['r', 's'];
  const byPod = given({ pods: ['a', 'b'], requests: names });
  const byRequest = given({
    pods: ['a', 'b'],
    requests: names,
    action: { loop_order: 'foreach_request_target_each_pod' },
  });
  const shown = (calls: readonly PlannedCall[]) => calls.map(({ pod, request }) => pod + request).join(' ');
  expect(shown(await byPod.action.plan(byPod.source))).toBe('ar as br bs');
  expect(shown(await byRequest.action.plan(byRequest.source))).toBe('ar br as bs');
});

it('renders each url with the port of the target that selected the pod', async () => {
  const { source, action } = given({ pods: ['a'], targets: [['a'], ['a']] });
  expect((await action.plan(source)).map(({ url, target }) => [url, target])).toEqual([
    ['http://127.0.0.1:8000/x', 'target-0'],
    ['http://127.0.0.1:8001/x', 'target-1'],
  ]);
});

it.each([{}, { order: 'ascending' }, { pod_count: 5 }])('no pod at all is an error: %o', async (action) => {
  const nobody = given({ pods: ['a'], targets: [[]], action });
  await expect(nobody.action.plan(nobody.source)).rejects.toMatchObject({
    code: 'NO_PODS',
    message: expect.stringContaining('target target-0 selected no pod'),
  });
});

it.each([{}, { order: 'descending' }, { pod_count: 5 }])(
  'a start past the end is an error: %o',
  async (action) => {
    const late = given({ pods: ['a', 'b'], action: { pod_start_index: 2, ...action } });
    await expect(late.action.plan(late.source)).rejects.toThrow(ConfigError);
    await expect(late.action.plan(late.source)).rejects.toThrow('2 is past the end of the 2 pods');
  },
);

it('draws a random order by the source that is given, every order as often', async () => {
  const { source, action } = given({ pods: ['a', 'b', 'c'], action: { order: 'random' } });
  const orders = new Map<string, number>();
  // Every pair of draws of a grid: 6 by 6 covers each of the six orders alike.
  for (let draw = 0; draw < 36; draw += 1) {
    const draws = [(draw % 6) / 6, Math.floor(draw / 6) / 6];
    const order = podsOf(await action.plan(source, { random: () => draws.shift() ?? 0 }));
    orders.set(order, (orders.get(order) ?? 0) + 1);
  }
  expect([...orders.values()]).toEqual([6, 6, 6, 6, 6, 6]);
});

const name = fc.stringMatching(/^[a-c][0-9]{0,2}$/);

const anyPlan = fc.record({
  pods: fc.uniqueArray(name, { minLength: 1, maxLength: 12 }),
  masks: fc.array(fc.nat(2 ** 12 - 1), { minLength: 1, maxLength: 3 }),
  requests: fc.integer({ min: 1, max: 3 }),
  start: fc.nat(6),
  count: fc.oneof(fc.constant('all' as const), fc.integer({ min: 1, max: 30 })),
  order: fc.constantFrom('ascending', 'descending', null),
  byPod: fc.boolean(),
  of: fc.integer({ min: 1, max: 4 }),
});

/** The four steps, as they are told. */
function model(
  selected: readonly string[],
  { order, start, count }: Pick<Plan, 'order' | 'start' | 'count'>,
): string[] {
  const sorted = [...selected];
  if (order !== null) sorted.sort();
  if (order === 'descending') sorted.reverse();
  const picked: string[] = [];
  for (let at = 0; at < (count === 'all' ? sorted.length : count); at += 1) {
    picked.push(sorted[(start + at) % sorted.length] ?? '');
  }
  return picked;
}
type Plan = typeof anyPlan extends fc.Arbitrary<infer Value> ? Value : never;

function planned({ pods, masks, requests, start, count, order, byPod }: Plan) {
  const targets = masks.map((mask) => pods.filter((_, index) => (mask >> index) & 1));
  const names = Array.from({ length: requests }, (_, index) => `r${index}`);
  const loop = byPod ? 'foreach_pod_make_all_requests' : 'foreach_request_target_each_pod';
  const shape = { pod_start_index: start, pod_count: count, order, loop_order: loop };
  const wanted = targets.flat();
  const expected = (picked: readonly string[]) =>
    byPod
      ? picked.flatMap((pod) => names.map((request) => `${pod} ${request}`))
      : names.flatMap((request) => picked.map((pod) => `${pod} ${request}`));
  return { ...given({ pods, targets, requests: names, action: shape }), wanted, expected };
}

const shownCalls = (calls: readonly PlannedCall[]) => calls.map(({ pod, request }) => `${pod} ${request}`);

it('plans what the four steps say, whatever config and pods are', async () => {
  await fc.assert(
    fc.asyncProperty(anyPlan, async (plan) => {
      const { source, action, wanted, expected } = planned(plan);
      const calls = action.plan(source);
      if (plan.start >= wanted.length) await expect(calls).rejects.toThrow();
      else expect(shownCalls(await calls)).toEqual(expected(model(wanted, plan)));
    }),
    { numRuns: 400 },
  );
});

it('shards share out the pods of a plan, each with all of its calls, and none is left or taken twice', async () => {
  await fc.assert(
    fc.asyncProperty(anyPlan, async (plan) => {
      const { source, action, wanted, expected } = planned(plan);
      if (plan.start >= wanted.length) return;
      const picked = model(wanted, plan);
      for (let index = 0; index < plan.of; index += 1) {
        const calls = await action.plan(source, { shard: { index, of: plan.of } });
        expect(shownCalls(calls)).toEqual(expected(picked.filter((_, at) => at % plan.of === index)));
      }
    }),
    { numRuns: 200 },
  );
});

it('a random order is shared out only by draws that every shard makes alike', async () => {
  const { source, action } = given({ pods: ['a', 'b'], action: { order: 'random' } });
  await expect(action.plan(source, { shard: { index: 0, of: 2 } })).rejects.toThrow('options.random');
  expect(podsOf(await action.plan(source, { shard: { index: 0, of: 2 }, random: () => 0 }))).toBe('b');
});

it('reads no more pods than it needs where they come as listed', async () => {
  const { source, action } = given({
    pods: ['a', 'b', 'c', 'd'],
    action: { pod_start_index: 1, pod_count: 2 },
  });
  let read = 0;
  let ended = false;
  const counted = {
    async *select(...selection: Parameters<typeof source.select>) {
      try {
        for await (const pod of source.select(...selection)) {
          read += 1;
          yield pod;
        }
      } finally {
        ended = true;
      }
    },
  };
  expect(podsOf(await action.plan(counted))).toBe('b c');
  expect({ read, ended }).toEqual({ read: 3, ended: true });
});

it('leaves out a pod without an address', async () => {
  const { action } = given({ pods: ['a', 'b'] });
  const [target] = action.targets;
  if (target === undefined) throw new Error('no target');
  const source = {
    async *select() {
      yield { target, name: 'a', ip: undefined };
      yield { target, name: 'b', ip: '127.0.0.1' };
      yield { target, name: 'c', ip: '127.0.0.1', ended: true };
    },
  };
  expect(podsOf(await action.plan(source))).toBe('b');
});

it.each([
  [{ shard: { index: 2, of: 2 } }, 'options.shard: expected an index below 2, received 2'],
  [{ shards: {} }, 'options.shards: is not an option'],
  [{ random: 1 }, 'options.random'],
])('refuses the options %o', async (options, says) => {
  const { source, action } = given({ pods: ['a'] });
  await expect(action.plan(source, options as object)).rejects.toThrow(says);
});
