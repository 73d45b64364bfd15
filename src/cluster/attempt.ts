import type { Clock } from '../core/clock.ts';
import { ConfigError, ConnectionError, HoldfastError, HttpError } from '../core/errors.ts';
import { redactUrl } from '../core/observe.ts';
import { retryAfter } from '../core/retry.ts';
import type { HttpAnswer } from '../http/message.ts';
import type { Transport } from '../http/transport.ts';
import type { DialectAnswer, DialectRequest, GroupDialect, OperationId, Verdict } from './dialect.ts';
import type { ReachableNode } from './node-list.ts';

export interface AttemptTools {
  readonly dialect: GroupDialect;
  readonly transport: Transport;
  readonly clock: Clock;
}

export interface AttemptRequest {
  readonly kind: keyof Verdict;
  readonly purpose: 'forward' | 'undo';
  readonly node: ReachableNode;
  readonly groupId: string;
  readonly operationId: OperationId;
  /** Milliseconds. */
  readonly timeout: number;
  /** Cuts the attempt; only for reads. */
  readonly signal?: AbortSignal | undefined;
}

export type AttemptOutcome =
  | {
      readonly verdict: Exclude<Verdict[keyof Verdict], Failing>;
      readonly inDoubt: false;
      readonly failure?: undefined;
      readonly retryAfter?: undefined;
    }
  | {
      readonly verdict: Failing;
      /** It is unknown what happened, and it may still happen: no complete answer, or one that the node did not give. */
      readonly inDoubt: boolean;
      readonly failure: HoldfastError;
      /** Milliseconds that the server asks to be left alone. */
      readonly retryAfter?: number;
    };

type Failing = 'refused' | 'later' | 'unknown';

/** Sends one request to one node and says what its answer means. Never rejects. */
export async function attempt(tools: AttemptTools, asked: AttemptRequest): Promise<AttemptOutcome> {
  const { node, groupId, operationId, purpose, timeout, signal } = asked;
  let request: DialectRequest;
  try {
    request = tools.dialect.request(asked.kind, {
      node: { name: node.name, url: node.url },
      groupId,
      operationId,
      purpose,
    });
  } catch (error) {
    return { verdict: 'refused', inDoubt: false, failure: asHoldfastError(error) };
  }
  try {
    const answer = await tools.transport.send({
      method: request.method,
      url: request.url,
      headers: withCredentials(request.headers, node),
      body: request.body,
      timeout,
      signal,
    });
    return judge(tools, asked, request, answer);
  } catch (error) {
    const failure = asHoldfastError(error);
    // The transport refused it before anything was sent.
    if (failure instanceof ConfigError) return { verdict: 'refused', inDoubt: false, failure };
    return { verdict: 'unknown', inDoubt: true, failure };
  }
}

function judge(
  { dialect, clock }: AttemptTools,
  { kind, groupId }: AttemptRequest,
  request: DialectRequest,
  answer: HttpAnswer,
): AttemptOutcome {
  const { status, body } = answer;
  const heard: DialectAnswer = { status, body, groupId, header: (name) => answer.header(name) };
  const verdict = dialect.classify(kind, heard);
  if (verdict !== 'refused' && verdict !== 'later' && verdict !== 'unknown')
    return { verdict, inDoubt: false };
  // A gateway's 502 or 504 tells that it gave up waiting, not that the node did.
  const own = status !== 502 && status !== 504 && dialect.isOwnAnswer?.(heard) === true;
  const wait = retryAfter(answer.header('retry-after'), clock.now());
  return {
    verdict,
    inDoubt: verdict === 'unknown' && !own,
    failure: new HttpError({
      status,
      body,
      method: request.method,
      url: redactUrl(request.url),
      retryable: verdict !== 'refused',
      ...(dialect.isOwnAnswer?.(heard) === false && !isFailure(status) ? { note: foreign(dialect) } : {}),
    }),
    ...(wait === undefined ? {} : { retryAfter: wait }),
  };
}

/** Says itself what is wrong; other answers that are not the node's do not. */
const isFailure = (status: number) => status >= 500 || status === 408 || status === 425 || status === 429;

const foreign = ({ name = 'given' }: GroupDialect) =>
  `and not in words of the ${name} dialect: is the base url right, and the dialect?`;

const withCredentials = (headers: Readonly<Record<string, string>>, { authorization }: ReachableNode) =>
  authorization === undefined ? headers : { ...headers, authorization };

const asHoldfastError = (error: unknown): HoldfastError =>
  error instanceof HoldfastError
    ? error
    : new ConnectionError('the attempt failed without an answer', { cause: error });
