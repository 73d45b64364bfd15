import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../src/core/errors.ts';
import { FaultPlan } from '../../src/testing/fault-plan.ts';
import { FAULT_KINDS, type FaultRequest, type FaultStep } from '../../src/testing/fault-schema.ts';

const request = (key: string, node = 'node01', method = 'POST'): FaultRequest => ({ node, method, key });
const kinds = (plan: FaultPlan, requests: readonly FaultRequest[]) =>
  requests.map((one) => plan.next(one)?.kind);
const hundred = Array.from({ length: 100 }, (_, index) => request(String(index)));

describe('a seeded plan', () => {
  const rates = { 'error-before': 0.2, 'reset-after': 0.2, slow: 0.2 };

  it('repeats itself for the same seed, and not for another', () => {
    const first = kinds(FaultPlan.seeded(7, rates), hundred);
    expect(kinds(FaultPlan.seeded(7, rates), hundred)).toEqual(first);
    expect(kinds(FaultPlan.seeded(8, rates), hundred)).not.toEqual(first);
    expect(kinds(FaultPlan.seeded(7 + 2 ** 32, rates), hundred)).not.toEqual(first);
  });

  it('meets the same faults in every release and on every machine', () => {
    const plan = FaultPlan.seeded(1, rates);
    expect(kinds(plan, Array(12).fill(request('5')))).toMatchInlineSnapshot(`
      [
        "slow",
        undefined,
        undefined,
        "reset-after",
        undefined,
        "reset-after",
        "error-before",
        undefined,
        "slow",
        "reset-after",
        undefined,
        undefined,
      ]
    `);
  });

  it('gives each node, method and key its own faults, whatever else arrives in between', () => {
    const some = fc.record({
      node: fc.constantFrom('a', 'b'),
      method: fc.constantFrom('GET', 'POST'),
      key: fc.constantFrom('1', '2', '3'),
    });
    const id = (one: FaultRequest) => JSON.stringify(one);
    const shuffles = fc
      .array(some, { maxLength: 60 })
      .chain((requests) =>
        fc.tuple(fc.constant(requests), fc.shuffledSubarray(requests, { minLength: requests.length })),
      );
    fc.assert(
      fc.property(fc.integer(), shuffles, (seed, [requests, shuffled]) => {
        const byRequest = (order: readonly FaultRequest[]) => {
          const faults = kinds(FaultPlan.seeded(seed, rates), order);
          return new Map(
            order.map((one) => [id(one), faults.filter((_, index) => id(order[index] ?? one) === id(one))]),
          );
        };
        expect(byRequest(shuffled)).toEqual(byRequest(requests));
      }),
    );
  });

  it('tells where one word ends and the next begins', () => {
    const draws = (node: string, method: string, key: string) =>
      kinds(FaultPlan.seeded(3, rates), Array(40).fill({ node, method, key }));
    expect(draws('ab', 'c', 'd')).not.toEqual(draws('a', 'bc', 'd'));
    expect(draws('a', 'bc', 'd')).not.toEqual(draws('a', 'b', 'cd'));
  });

  it('draws anew for each repetition of a request', () => {
    const plan = FaultPlan.seeded(1, { 'error-before': 0.5 });
    expect(new Set(kinds(plan, Array(20).fill(request('1'))))).toEqual(new Set(['error-before', undefined]));
  });

  it.each([
    ['different keys', Array.from({ length: 40_000 }, (_, index) => request(String(index)))],
    ['one request repeated', Array(40_000).fill(request('1'))],
  ])('keeps to its rates over %s', (_, requests) => {
    const all = Object.fromEntries(FAULT_KINDS.map((kind, index) => [kind, (index + 1) / 150]));
    const drawn = kinds(FaultPlan.seeded(42, all), requests);
    for (const kind of FAULT_KINDS) {
      const share = drawn.filter((one) => one === kind).length / drawn.length;
      expect(Math.abs(share - (all[kind] ?? 0)), kind).toBeLessThan(0.006);
    }
  });

  it('always strikes at rates of 1 in all, and never without any', () => {
    // The ten add up to 0.9999999999999999.
    const certain = Object.fromEntries(FAULT_KINDS.slice(0, 10).map((kind) => [kind, 0.1]));
    expect(kinds(FaultPlan.seeded(1, certain), hundred)).not.toContain(undefined);
    expect(new Set(kinds(FaultPlan.seeded(1, { slow: 0 }), hundred))).toEqual(new Set([undefined]));
  });

  it('says how late, how slow and when to come back', () => {
    expect(FaultPlan.seeded(1, { slow: 1 }).next(request('1'))).toEqual({
      kind: 'slow',
      lateBy: 500,
      slowBy: 250,
      retryAfter: 1,
    });
    const timing = { lateBy: 1, slowBy: 2, retryAfter: 3 };
    expect(FaultPlan.seeded(1, { slow: 1, ...timing }).next(request('1'))).toEqual({
      kind: 'slow',
      ...timing,
    });
  });

  it.each([
    ['a rate above 1', { slow: 1.5 }, 'rates.slow', 'received 1.5'],
    ['a rate below 0', { slow: -0.1 }, 'rates.slow', 'received -0.1'],
    ['a rate that is no number', { slow: Number.NaN }, 'rates.slow', 'received NaN'],
    ['rates of more than 1 in all', { slow: 0.6, truncated: 0.5 }, 'rates', 'received 1.1'],
    ['an unknown kind', { explode: 0.1 }, 'rates.explode', 'is not an option'],
    ['a negative delay', { slow: 0.1, slowBy: -1 }, 'rates.slowBy', 'received -1'],
    ['a fraction of a second', { 'too-many': 0.1, retryAfter: 0.5 }, 'rates.retryAfter', 'received 0.5'],
  ])('refuses %s', (_, bad, path, message) => {
    const error = thrownBy(() => FaultPlan.seeded(1, bad as object));
    expect(error.issues).toEqual([{ path, message: expect.stringContaining(message) }]);
  });

  it.each([0.5, Number.NaN, '1'])('refuses the seed %s', (seed) => {
    expect(thrownBy(() => FaultPlan.seeded(seed as number, {})).issues[0]?.path).toBe('seed');
  });
});

describe('a script', () => {
  it('uses the first step that fits and has times left', () => {
    const plan = FaultPlan.script([
      { key: '1', fault: 'slow' },
      { fault: 'truncated', times: 2 },
      { fault: 'late-commit', key: '1' },
    ]);
    const asked = ['2', '1', '1', '1', '1', '2'].map((key) => request(key));
    expect(kinds(plan, asked)).toEqual([
      'truncated',
      'slow',
      'truncated',
      'late-commit',
      undefined,
      undefined,
    ]);
  });

  it.each<[string, Partial<FaultStep>, FaultRequest]>([
    ['node', { node: 'node01' }, request('1', 'node02')],
    ['method', { method: 'POST' }, request('1', 'node01', 'GET')],
    ['key', { key: '1' }, request('2')],
  ])('leaves a request of another %s alone', (_, given, other) => {
    const plan = FaultPlan.script([{ ...given, fault: 'slow' }]);
    expect(kinds(plan, [other, request('1')])).toEqual([undefined, 'slow']);
  });

  it('lets requests go well by "none", and goes on for ever by Infinity', () => {
    const plan = FaultPlan.script([
      { fault: 'none', times: 2 },
      { fault: 'slow', times: Infinity },
    ]);
    expect(kinds(plan, hundred.slice(0, 5))).toEqual([undefined, undefined, 'slow', 'slow', 'slow']);
  });

  it("takes each step's own timing", () => {
    const plan = FaultPlan.script([{ fault: 'late-commit', lateBy: 7 }]);
    expect(plan.next(request('1'))).toEqual({ kind: 'late-commit', lateBy: 7, slowBy: 250, retryAfter: 1 });
  });

  it.each([
    ['an unknown kind', { fault: 'explode' }, 'steps[0].fault'],
    ['a method in lower case', { method: 'post', fault: 'slow' }, 'steps[0].method'],
    ['no times at all', { fault: 'slow', times: 0 }, 'steps[0].times'],
    ['a misspelt field', { fault: 'slow', nodes: 'node01' }, 'steps[0].nodes'],
  ])('refuses %s', (_, step, path) => {
    expect(thrownBy(() => FaultPlan.script([step as FaultStep])).issues[0]?.path).toBe(path);
  });
});

function thrownBy(call: () => unknown): ConfigError {
  try {
    call();
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
  throw new Error('expected a ConfigError, nothing was thrown');
}
