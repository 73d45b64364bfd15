import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Fault } from '../../fault-schema.ts';
import type { TimerSet } from '../../timer-set.ts';
import { internalError } from '../store/refusals.ts';
import { StatusError } from '../store/status-error.ts';
import { type Answer, errorAnswer, type ObjectAnswer, type TextAnswer, textAnswer } from './answer.ts';
import { bodyOf, headersOf, send, sendWatch } from './send-answer.ts';
import { type Disturbance, disturbed } from './watch-faults.ts';

/** A request that is to go wrong. */
export interface FaultyExchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Whether it changes nothing, so that there is nothing to do later. */
  readonly reads: boolean;
  /** Whether it is a watch, which begins well and goes wrong later. */
  readonly watches: boolean;
  /** What the fault puts off. */
  readonly later: TimerSet;
  /** Carries the request out and returns what would be answered. */
  commit(): Answer;
}

/** Carries the request out as the fault has it, and answers, or does not. */
export function answerWithFault(exchange: FaultyExchange, fault: Fault): void {
  const { response, later } = exchange;
  const expiresLater = exchange.watches && fault.kind === 'expired';
  if (!expiresLater && refuseWithFault(exchange, fault)) return;
  if (fault.kind === 'late-commit' || fault.kind === 'late-reset') {
    if (!exchange.reads) later.add(fault.lateBy, () => void exchange.commit());
    if (fault.kind === 'late-reset') reset(exchange);
    return;
  }
  const answer = exchange.commit();
  if (fault.kind === 'slow') {
    later.add(fault.slowBy, () => send(response, answer));
  } else if (answer.type === 'watch') {
    const end = watchDisturbance(exchange, fault);
    sendWatch(response, answer, (sink) => disturbed(sink, fault, later, end));
  } else {
    answerAfterCommit(exchange, fault, answer);
  }
}

/**
 * Answers, or resets, or leaves unanswered, what goes wrong before anything is done.
 * @returns `false` for the faults that come later.
 */
export function refuseWithFault(
  exchange: Pick<FaultyExchange, 'request' | 'response'>,
  { kind, retryAfter }: Fault,
): boolean {
  const { response } = exchange;
  switch (kind) {
    case 'error-before':
      send(response, errorAnswer(internalError(FAULT)));
      return true;
    case 'timeout-before':
      send(response, errorAnswer(new StatusError(504, 'Timeout', TIMED_OUT, {})));
      return true;
    case 'too-many':
      send(response, withRetryAfter(textAnswer(429, TOO_MANY), retryAfter));
      return true;
    case 'unavailable':
      send(response, withRetryAfter(errorAnswer(unavailable()), retryAfter));
      return true;
    case 'expired':
      send(response, errorAnswer(expired()));
      return true;
    case 'reset-before':
      reset(exchange);
      return true;
    case 'hang-before':
      return true;
    default:
      return false;
  }
}

export const reset = ({ request }: Pick<FaultyExchange, 'request'>): void => {
  request.socket.resetAndDestroy();
};

function answerAfterCommit(
  exchange: FaultyExchange,
  { kind }: Fault,
  answer: ObjectAnswer | TextAnswer,
): void {
  const { request, response } = exchange;
  switch (kind) {
    case 'error-after':
      send(response, errorAnswer(internalError(FAULT)));
      break;
    case 'reset-after':
      reset(exchange);
      break;
    case 'truncated': {
      const whole = Buffer.from(bodyOf(answer));
      response.writeHead(answer.code, headersOf(answer));
      response.write(whole.subarray(0, whole.length >> 1), () => request.socket.end());
      break;
    }
    case 'bad-gateway':
      send(response, BAD_GATEWAY);
      break;
    default:
      // hang-after: it is done, and nobody is told.
      break;
  }
}

function watchDisturbance(exchange: FaultyExchange, { kind }: Fault): Disturbance {
  const { request, response } = exchange;
  switch (kind) {
    case 'error-after':
      return { type: 'last-line', line: { type: 'ERROR', object: internalError(FAULT).status } };
    case 'expired':
      return { type: 'last-line', line: { type: 'ERROR', object: expired().status } };
    case 'hang-after':
      return { type: 'silence' };
    case 'truncated':
      return {
        type: 'end',
        end: () => response.write('{"type":"MODIFIED","object":{"kind":', () => request.socket.end()),
      };
    default:
      return { type: 'end', end: () => reset(exchange) };
  }
}

const unavailable = () =>
  new StatusError(503, 'ServiceUnavailable', 'the server is currently unable to handle the request', {});

const expired = () => new StatusError(410, 'Expired', `too old resource version: ${FAULT}`);

const FAULT = 'a fault that was asked for';
const TIMED_OUT = 'Timeout: request did not complete within the allotted timeout';
const TOO_MANY = 'Too many requests, please try again later.\n';

const BAD_GATEWAY: TextAnswer = {
  type: 'text',
  code: 502,
  text: '<!doctype html>\n<title>502 Bad Gateway</title>\n<h1>Bad Gateway</h1>\n',
  headers: { 'Content-Type': 'text/html; charset=utf-8' },
};

const withRetryAfter = <Kind extends ObjectAnswer | TextAnswer>(answer: Kind, seconds: number): Kind => ({
  ...answer,
  headers: { ...answer.headers, 'Retry-After': String(seconds) },
});
