import fc from 'fast-check';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { HoldfastError } from '../../src/core/errors.ts';
import { type Attempted, backoff, failedForGood, retryAfter, withRetries } from '../../src/core/retry.ts';
import { manualClock } from '../testing/manual-clock.ts';

const POLICY = { attempts: 20, baseDelay: 50, maxDelay: 1_000, jitter: 'full' } as const;

test('the ceiling doubles from the base delay up to the greatest one', () => {
  const ceilings = [1, 2, 3, 4, 5, 6, 7].map((failures) =>
    backoff({ ...POLICY, jitter: 'none' }, failures, Math.random),
  );
  expect(ceilings).toEqual([50, 100, 200, 400, 800, 1_000, 1_000]);
});

test('full jitter draws between nothing and the ceiling', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 2_000 }),
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      (failures, drawn) => {
        const ceiling = backoff({ ...POLICY, jitter: 'none' }, failures, Math.random);
        expect(backoff(POLICY, failures, () => drawn)).toBe(drawn * ceiling);
      },
    ),
  );
});

const NOW = Date.UTC(2026, 4, 20, 16, 27, 27);

test.each<[string | null | undefined, number | undefined]>([
  ['0', 0],
  ['120', 120_000],
  [' 3 ', 3_000],
  ['Wed, 20 May 2026 16:27:37 GMT', 10_000],
  ['Wed, 20 May 2026 16:27:17 GMT', 0],
  ['Wednesday, 20-May-26 16:27:37 GMT', 10_000],
  ['Wed May 20 16:27:37 2026', 10_000],
  ['20 May 2026 16:27:37 GMT', undefined],
  ['-5', undefined],
  ['1.5', undefined],
  ['soon', undefined],
  ['', undefined],
  [null, undefined],
  [undefined, undefined],
])('Retry-After %o asks for %o milliseconds', (header, expected) => {
  expect(retryAfter(header, NOW)).toBe(expected);
});

test('a Retry-After date in the form that names no zone is in GMT, wherever this machine stands', () => {
  onTestFinished(() => void vi.unstubAllEnvs());
  vi.stubEnv('TZ', 'America/New_York');
  expect(retryAfter('Wed May 20 16:27:37 2026', NOW)).toBe(10_000);
});

describe('withRetries', () => {
  const failure = (name: string, more: { final?: boolean; wait?: number } = {}) =>
    ({ ok: false, error: new HoldfastError(name, { code: 'TEST' }), final: false, ...more }) as const;

  const start = (attempts: readonly Attempted<string>[], signal?: AbortSignal) => {
    const time = manualClock();
    const at: number[] = [];
    const retry = { attempts: 3, baseDelay: 100, maxDelay: 1_000, jitter: 'none' } as const;
    const rules = { retry, clock: time, random: Math.random, deadline: 5_000, signal };
    const done = withRetries(rules, async (cut) => {
      at.push(time.monotonic());
      const attempted = attempts[at.length - 1];
      if (attempted !== undefined) return attempted;
      // It hangs until it is cut.
      await new Promise<void>((resolve) => cut.addEventListener('abort', () => resolve()));
      return failure('cut');
    });
    const pass = async (...delays: number[]) => {
      for (const delay of delays) {
        await settled();
        time.advance(delay);
      }
      await settled();
    };
    return { done, at, pass, time };
  };

  const settled = () => new Promise((resolve) => setImmediate(resolve));

  test('gives the first value that comes, after ever longer delays', async () => {
    const { done, at, pass, time } = start([failure('one'), failure('two'), { ok: true, value: 'here' }]);
    await pass(99, 1, 199, 1);
    expect(await done).toEqual({ ok: true, value: 'here', attempts: 3 });
    expect(at).toEqual([0, 100, 300]);
    expect(time.running()).toBe(0);
  });

  test('ends when the attempts are used up, with the error of each', async () => {
    const { done, pass } = start([failure('one'), failure('two'), failure('three')]);
    await pass(100, 200);
    expect(await done).toMatchObject({
      ok: false,
      error: { message: 'three' },
      earlier: [{ message: 'one' }, { message: 'two' }],
    });
  });

  test('does not try again what failed for good', async () => {
    const { error } = failure('no');
    const { done, at, pass } = start([failedForGood(error)]);
    await pass();
    expect(await done).toEqual({ ok: false, error, earlier: [] });
    expect(at).toEqual([0]);
  });

  test('waits as long as the server asks for', async () => {
    const { done, at, pass } = start([failure('later', { wait: 3_000 }), { ok: true, value: 'here' }]);
    await pass(3_000);
    expect(await done).toMatchObject({ ok: true, attempts: 2 });
    expect(at).toEqual([0, 3_000]);
  });

  test('does not wait for what the deadline would cut', async () => {
    const { done, pass, time } = start([failure('later', { wait: 5_000 })]);
    await pass();
    expect(await done).toMatchObject({ ok: false, error: { message: 'later' } });
    expect(time.running()).toBe(0);
  });

  test('cuts the attempt that the deadline meets', async () => {
    const { done, pass } = start([failure('one')]);
    await pass(100, 4_900);
    expect(await done).toMatchObject({
      ok: false,
      error: { name: 'TimeoutError', message: 'it took longer than 5000 ms' },
      earlier: [{ message: 'one' }],
    });
  });

  test('passes on what an attempt throws once the deadline has cut it', async () => {
    const time = manualClock();
    const retry = { attempts: 3, baseDelay: 100, maxDelay: 1_000, jitter: 'none' } as const;
    const done = withRetries({ retry, clock: time, random: Math.random, deadline: 50 }, async (cut) => {
      await new Promise<void>((resolve) => cut.addEventListener('abort', () => resolve()));
      throw new Error('a mistake in the attempt');
    });
    time.advance(50);
    await expect(done).rejects.toThrow('a mistake in the attempt');
    expect(time.running()).toBe(0);
  });

  test.each([
    ['an attempt', []],
    ['a delay', [failure('one')]],
  ])("ends in the midst of %s with the reason of the caller's signal", async (_, attempts) => {
    const controller = new AbortController();
    const { done, pass, time } = start(attempts, controller.signal);
    await pass();
    controller.abort(new Error('enough'));
    await expect(done).rejects.toThrow('enough');
    expect(time.running()).toBe(0);
  });
});
