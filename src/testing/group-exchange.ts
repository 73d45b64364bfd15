import type { Fault } from './fault-schema.ts';
import { BAD_GATEWAY, type GroupAnswer } from './group-answer.ts';
import type { GroupApi } from './group-api.ts';

/** A request that is understood, with the ways in which it can be carried out and answered. */
export interface Exchange {
  readonly api: GroupApi;
  /** Carries the request out and returns what would be answered. */
  commit(): GroupAnswer;
  /** Carries it out after so many milliseconds, whoever still waits. Not called twice, nor for a read alone. */
  commitLater(delay: number): void;
  send(answer: GroupAnswer): void;
  sendLater(answer: GroupAnswer, delay: number): void;
  /** Sends the beginning of the answer and ends the connection. */
  sendTruncated(answer: GroupAnswer): void;
  /** Resets the connection. */
  reset(): void;
}

/** Carries the request out as the fault has it, and answers, or does not. */
export function answerWithFault(exchange: Exchange, { kind, lateBy, slowBy, retryAfter }: Fault): void {
  const { api } = exchange;
  switch (kind) {
    case 'error-before':
      exchange.send(api.failure(500));
      break;
    case 'timeout-before':
      exchange.send(api.failure(408));
      break;
    case 'error-after':
      exchange.commit();
      exchange.send(api.failure(500));
      break;
    case 'reset-before':
      exchange.reset();
      break;
    case 'reset-after':
      exchange.commit();
      exchange.reset();
      break;
    case 'hang-before':
      break;
    case 'hang-after':
      exchange.commit();
      break;
    case 'late-commit':
      exchange.commitLater(lateBy);
      break;
    case 'late-reset':
      exchange.commitLater(lateBy);
      exchange.reset();
      break;
    case 'slow':
      exchange.sendLater(exchange.commit(), slowBy);
      break;
    case 'too-many':
      exchange.send(withRetryAfter(api.failure(429), retryAfter));
      break;
    case 'unavailable':
      exchange.send(withRetryAfter(api.failure(503), retryAfter));
      break;
    case 'truncated':
      exchange.sendTruncated(exchange.commit());
      break;
    case 'bad-gateway':
      exchange.commit();
      exchange.send(BAD_GATEWAY);
      break;
    case 'expired':
      exchange.send(api.failure(410));
      break;
  }
}

const withRetryAfter = (answer: GroupAnswer, seconds: number): GroupAnswer => ({
  ...answer,
  headers: ['Retry-After', String(seconds)],
});
