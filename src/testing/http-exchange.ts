import type { IncomingMessage, ServerResponse } from 'node:http';
import type { GroupAnswer } from './group-answer.ts';
import type { GroupApi } from './group-api.ts';
import type { Exchange } from './group-exchange.ts';
import type { TimerSet } from './timer-set.ts';

export interface HttpExchangeParts {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly api: GroupApi;
  readonly writes: boolean;
  readonly lateCommits: TimerSet;
  readonly slowAnswers: TimerSet;
  readonly commit: () => GroupAnswer;
}

/** A request that came over a socket. */
export function httpExchange(parts: HttpExchangeParts): Exchange {
  const { request, response, api, writes, lateCommits, slowAnswers, commit } = parts;
  const send = (answer: GroupAnswer) => sendAnswer(response, answer);
  return {
    api,
    commit,
    commitLater: (delay) => {
      // A read has nothing to commit, neither now nor later.
      if (writes) lateCommits.add(delay, commit);
    },
    send,
    sendLater: (answer, delay) => slowAnswers.add(delay, () => send(answer)),
    sendTruncated: (answer) => sendTruncated(request, response, answer),
    reset: () => request.socket.resetAndDestroy(),
  };
}

export function sendAnswer(
  response: ServerResponse,
  { status, contentType, body, headers }: GroupAnswer,
): void {
  const all = ['Content-Type', contentType, 'Content-Length', String(Buffer.byteLength(body))];
  response.writeHead(status, headers === undefined ? all : [...all, ...headers]);
  response.end(body);
}

function sendTruncated(
  request: IncomingMessage,
  response: ServerResponse,
  { status, contentType, body }: GroupAnswer,
): void {
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
