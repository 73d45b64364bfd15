import { Run, type RunOptions, type RunSummary } from 'holdfast';
import { expectTypeOf, it } from 'vitest';
import type { MutableKeys } from './mutable-keys.ts';

declare const run: Run<'item', RunSummary<string>>;

it('a Run gives its summary to who awaits it', async () => {
  expectTypeOf(await run).toEqualTypeOf<RunSummary<string>>();
  expectTypeOf<Awaited<typeof run>>().toEqualTypeOf<RunSummary<string>>();
  expectTypeOf(await Promise.all([run])).toEqualTypeOf<[RunSummary<string>]>();
  expectTypeOf(run).toExtend<PromiseLike<RunSummary<string>>>();
  expectTypeOf(run.then(({ done }) => done)).toEqualTypeOf<Promise<number>>();
  expectTypeOf(run.catch(() => 'caught' as const)).toEqualTypeOf<Promise<RunSummary<string> | 'caught'>>();
  expectTypeOf(run.finally(() => undefined)).toEqualTypeOf<Promise<RunSummary<string>>>();
});

it('a Run gives its items to who iterates it', async () => {
  for await (const item of run) expectTypeOf(item).toEqualTypeOf<'item'>();
  expectTypeOf(run).toExtend<AsyncIterable<'item'>>();
  expectTypeOf(await run[Symbol.asyncIterator]().next()).toEqualTypeOf<IteratorResult<'item', undefined>>();
});

it('a Run becomes its summary when an async function returns it, and stays one in an object', async () => {
  const returned = async () => run;
  expectTypeOf(returned).returns.toEqualTypeOf<Promise<RunSummary<string>>>();
  const held = async () => ({ run });
  expectTypeOf((await held()).run).toEqualTypeOf<typeof run>();
});

it('a Run is no Promise and cannot be iterated at once', () => {
  expectTypeOf(run).not.toExtend<Promise<unknown>>();
  expectTypeOf(run).not.toExtend<Iterable<unknown>>();
  expectTypeOf(Run).toBeConstructibleWith(async () => 1);
});

it('every Run takes these options, and no other', () => {
  expectTypeOf<keyof RunOptions>().toEqualTypeOf<
    'signal' | 'concurrency' | 'onProgress' | 'failAbove' | 'rerunLimit'
  >();
  expectTypeOf<MutableKeys<RunOptions>>().toEqualTypeOf<never>();
  const options: RunOptions[] = [
    {},
    { signal: AbortSignal.timeout(1), concurrency: 4, failAbove: 3, rerunLimit: 10 },
    { failAbove: '10%', concurrency: undefined },
    { onProgress: ({ done, failed, skipped, inFlight }) => done + failed + skipped + inFlight },
    // @ts-expect-error `concurrency` it is.
    { concurency: 4 },
    // @ts-expect-error A share has a percent sign.
    { failAbove: '10' },
    // @ts-expect-error A number.
    { rerunLimit: '10' },
    // @ts-expect-error A signal, not its controller.
    { signal: new AbortController() },
  ];
  expectTypeOf(options).items.toHaveProperty('signal');
});

it('a progress knows its total only where there is one', () => {
  type Progress = Parameters<NonNullable<RunOptions['onProgress']>>[0];
  expectTypeOf<Progress>().toHaveProperty('total').toEqualTypeOf<number | undefined>();
  expectTypeOf<MutableKeys<Progress>>().toEqualTypeOf<never>();
});

it('a summary is readonly and gives the inputs that are to be run again', async () => {
  const summary = await run;
  expectTypeOf<MutableKeys<RunSummary<string>>>().toEqualTypeOf<'rerun'>();
  expectTypeOf(summary.done).toEqualTypeOf<number>();
  expectTypeOf(summary.failed).toEqualTypeOf<number>();
  expectTypeOf(summary.skipped).toEqualTypeOf<number>();
  expectTypeOf(summary.durationMs).toEqualTypeOf<number>();
  expectTypeOf(summary.ok).toEqualTypeOf<boolean>();
  expectTypeOf(summary.rerun).parameters.toEqualTypeOf<['failed' | 'skipped' | 'unknown']>();
  expectTypeOf(summary.rerun('failed')).toEqualTypeOf<readonly string[]>();
  // @ts-expect-error There is no such kind.
  summary.rerun('done');
});
