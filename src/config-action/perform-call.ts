import type { HoldfastError } from '../core/errors.ts';
import { trace, tracingChannel } from '../core/observe.ts';
import type { Attempted } from '../core/retry.ts';
import { Attempts, type CallLimits } from './attempts.ts';
import { type Call, type CallResult, plannedCall } from './call.ts';
import { Pages } from './pages.ts';
import type { Answer } from './pod-answer.ts';
import type { Send } from './send-call.ts';

/** What becomes of each call of an action. Whatever goes wrong with the pod is in the result. */
export function callPerformer(
  action: string,
  send: Send,
  limits: CallLimits,
): (call: Call) => Promise<CallResult> {
  const perform = (call: Call) => performCall(call, send, limits);
  return (call) => (actionChannel.hasSubscribers ? traced(action, call, perform) : perform(call));
}

const actionChannel = tracingChannel('holdfast:action.call');

async function performCall(call: Call, send: Send, limits: CallLimits): Promise<CallResult> {
  if (call.gone !== undefined) {
    return { call: plannedCall(call), status: 'failed', attempts: 0, durationMs: 0, error: call.gone };
  }
  const { clock, signal, pageLimit } = limits;
  const start = clock.monotonic();
  const attempts = new Attempts(call, send, limits);
  const pages = call.request.endpoint.paged ? new Pages() : undefined;
  let failed: Failure | undefined;
  try {
    const read = pages === undefined ? attempts.read(undefined, asItIs) : pages.collect(attempts, pageLimit);
    const done = await read;
    if (!done.ok) failed = done;
  } catch (error) {
    if (signal?.aborted !== true || error !== signal.reason) throw error;
    failed = { error: attempts.errors.at(-1) };
  }
  const status = failed === undefined ? 'ok' : failed.error === undefined ? 'skipped' : 'failed';
  const answer = attempts.lastAnswer;
  const single = answer === undefined ? undefined : { status: answer.status, text: answer.text };
  const response = pages === undefined ? single : pages.response(attempts.sent);
  const durationMs = clock.monotonic() - start;
  const ended = { call: plannedCall(call), status, attempts: attempts.sent, durationMs } as const;
  const result = response === undefined || status === 'skipped' ? ended : { ...ended, response };
  if (failed === undefined && attempts.errors.length === 0) return result;
  const earlier = attempts.errors.filter((error) => error !== failed?.error);
  return {
    ...result,
    ...(failed?.error === undefined ? {} : { error: failed.error }),
    ...(earlier.length === 0 ? {} : { earlierErrors: earlier }),
  };
}

const asItIs = (answer: Answer): Attempted<Answer> => ({ ok: true, value: answer });

/** Without an error: it was cut before anything had failed. */
interface Failure {
  readonly error: HoldfastError | undefined;
}

async function traced(
  action: string,
  call: Call,
  perform: (call: Call) => Promise<CallResult>,
): Promise<CallResult> {
  const { pod, target, request, method, url } = plannedCall(call);
  const done: { result?: CallResult } = {};
  const work = async (context: object) => {
    const result = await perform(call);
    done.result = result;
    const status =
      result.response !== undefined && 'status' in result.response ? result.response.status : undefined;
    Object.assign(context, { attempts: result.attempts, ...(status === undefined ? {} : { status }) });
    // So that subscribers are told of the error as of any other operation's.
    if (result.error !== undefined) throw result.error;
  };
  try {
    await trace(actionChannel, { action, pod, target, request, method, url }, work);
  } catch (error) {
    if (done.result === undefined || error !== done.result.error) throw error;
  }
  if (done.result === undefined) throw new TypeError('the call has ended without a result');
  return done.result;
}
