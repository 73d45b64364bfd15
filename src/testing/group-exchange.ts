import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Fault } from './fault-schema.ts';
import { BAD_GATEWAY, type GroupAnswer } from './group-answer.ts';
import type { GroupApi } from './group-api.ts';
import type { TimerSet } from './timer-set.ts';

/** A request that is understood, with the ways in which it can be carried out and answered. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly api: GroupApi;
  readonly writes: boolean;
  readonly lateCommits: TimerSet;
  readonly slowAnswers: TimerSet;
  /** Carries the request out and returns what would be answered. */
  commit(): GroupAnswer;
}

/** Carries the request out as the fault has it, and answers, or does not. */
export function answerWithFault(exchange: Exchange, { kind, lateBy, slowBy, retryAfter }: Fault): void {
  const { response, api, commit } = exchange;
  const send = (answer: GroupAnswer) => sendAnswer(response, answer);
  const reset = () => exchange.request.socket.resetAndDestroy();
  // A read has nothing to commit, neither now nor later.
  const commitLater = () => {
    if (exchange.writes) exchange.lateCommits.add(lateBy, commit);
  };

  switch (kind) {
    case 'error-before':
      send(api.failure(500));
      break;
    case 'timeout-before':
      send(api.failure(408));
      break;
    case 'error-after':
      commit();
      send(api.failure(500));
      break;
    case 'reset-before':
      reset();
      break;
    case 'reset-after':
      commit();
      reset();
      break;
    case 'hang-before':
      break;
    case 'hang-after':
      commit();
      break;
    case 'late-commit':
      commitLater();
      break;
    case 'late-reset':
      commitLater();
      reset();
      break;
    case 'slow': {
      const answer = commit();
      exchange.slowAnswers.add(slowBy, () => send(answer));
      break;
    }
    case 'too-many':
      send(withRetryAfter(api.failure(429), retryAfter));
      break;
    case 'unavailable':
      send(withRetryAfter(api.failure(503), retryAfter));
      break;
    case 'truncated':
      sendTruncated(exchange, commit());
      break;
    case 'bad-gateway':
      commit();
      send(BAD_GATEWAY);
      break;
    case 'expired':
      send(api.failure(410));
      break;
  }
}

export function sendAnswer(
  response: ServerResponse,
  { status, contentType, body, headers }: GroupAnswer,
): void {
  const all = ['Content-Type', contentType, 'Content-Length', String(Buffer.byteLength(body))];
  response.writeHead(status, headers === undefined ? all : [...all, ...headers]);
  response.end(body);
}

function sendTruncated({ request, response }: Exchange, { status, contentType, body }: GroupAnswer): void {
  const whole = Buffer.from(body);
  // An empty body cannot be cut, so its answer promises one.
  const sent = whole.length > 1 ? whole.subarray(0, whole.length >> 1) : ' ';
  response.writeHead(status, [
    'Content-Type',
    contentType,
    'Content-Length',
    String(Math.max(whole.length, 2)),
  ]);
  response.write(sent, () => request.socket.end());
}

const withRetryAfter = (answer: GroupAnswer, seconds: number): GroupAnswer => ({
  ...answer,
  headers: ['Retry-After', String(seconds)],
});
