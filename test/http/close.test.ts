import { tracingChannel } from 'node:diagnostics_channel';
import { expect, it, onTestFinished } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import { ClosedError, TimeoutError } from '../../src/core/errors.ts';
import { silentLogger } from '../../src/core/observe.ts';
import type { TransportOptions } from '../../src/http/transport.ts';
import { openTransport } from '../../src/http/transport.ts';

/** A transport whose answers come when they are told to. */
function held(options: Partial<TransportOptions> = {}) {
  const answers: (() => void)[] = [];
  const fetch = () => new Promise<Response>((resolve) => answers.push(() => resolve(new Response('here'))));
  return {
    answers,
    transport: openTransport({ clock: systemClock, logger: silentLogger, fetch, ...options }),
  };
}

const get = { method: 'GET', url: 'http://node.test/', headers: {}, timeout: 60_000 };

it('waits for what is in flight, and refuses what comes later', async () => {
  const { transport, answers } = held();
  const order: string[] = [];
  const sent = [1, 2].map((n) => transport.send(get).then(() => order.push(`answer ${n}`)));
  const closed = transport.close().then(() => order.push('closed'));
  await expect(transport.send(get)).rejects.toThrow(ClosedError);
  expect(order).toEqual([]);
  for (const answer of answers) answer();
  await Promise.all([...sent, closed]);
  expect(order).toEqual(['answer 1', 'answer 2', 'closed']);
});

it('waits for what subscribers and the logger are told, too', async () => {
  const order: string[] = [];
  const subscriber = {
    start: () => undefined,
    end: () => undefined,
    asyncStart: () => undefined,
    asyncEnd: () => void order.push('traced'),
    error: () => undefined,
  };
  const channel = tracingChannel('holdfast:http');
  channel.subscribe(subscriber);
  onTestFinished(() => channel.unsubscribe(subscriber));
  const log = () => void order.push('logged');
  const { transport, answers } = held({ logger: { debug: log, info: log, warn: log, error: log } });
  const sent = transport.send(get).then(() => order.push('answered'));
  const closed = transport.close().then(() => order.push('closed'));
  answers[0]?.();
  await Promise.all([sent, closed]);
  expect(order).toEqual(['logged', 'traced', 'answered', 'closed']);
});

it('counts an attempt once, though its timer fires after the answer came', async () => {
  const timers: (() => void)[] = [];
  // A clock whose timers cannot be cancelled.
  const clock = {
    ...systemClock,
    setTimer: (callback: () => void) => {
      timers.push(callback);
      return () => undefined;
    },
  };
  const { transport, answers } = held({ clock });
  const first = transport.send(get);
  answers[0]?.();
  await first;
  timers[0]?.();
  const second = transport.send(get);
  let closed = false;
  const closing = transport.close().then(() => (closed = true));
  await new Promise(setImmediate);
  expect(closed).toBe(false);
  timers[1]?.();
  await expect(second).rejects.toThrow(TimeoutError);
  await closing;
});

it.each([
  ['answers', (answer: PromiseWithResolvers<Response>) => answer.resolve(new Response('late'))],
  ['fails', (answer: PromiseWithResolvers<Response>) => answer.reject(new TypeError('late'))],
])('counts an attempt once, though its server %s after the time was over', async (_, end) => {
  const answers: PromiseWithResolvers<Response>[] = [];
  // It pays no heed to the signal.
  const fetch = () => {
    const answer = Promise.withResolvers<Response>();
    answers.push(answer);
    return answer.promise;
  };
  const { transport } = held({ fetch });
  await expect(transport.send({ ...get, timeout: 1 })).rejects.toThrow(TimeoutError);
  const second = transport.send(get);
  if (answers[0] !== undefined) end(answers[0]);
  let closed = false;
  const closing = transport.close().then(() => (closed = true));
  await new Promise(setImmediate);
  expect(closed).toBe(false);
  answers[1]?.resolve(new Response('here'));
  await Promise.all([second, closing]);
});
