import type { ActionSummary } from '../../config-action/action-summary.ts';
import type { CallResult, PagedResponse } from '../../config-action/call.ts';
import type { ConfigAction } from '../../config-action/config-action.ts';
import type { ConfigEndpoint } from '../../config-action/requester-config.ts';
import { redact, redactUrl } from '../../core/observe.ts';

/** What was asked of a pod and what came of it, with the field names of the original requester. */
export interface ProcessAnswer {
  readonly request: {
    readonly configEndpoint: object;
    readonly params: unknown;
    readonly headers: object;
    readonly url: string;
    readonly pod: string;
  };
  readonly response?: { readonly status_code: number; readonly text: string } | PagedResponse;
  /** In place of `response`. */
  readonly exception?: string;
}

/** One line of `/action/{name}?stream`. */
export interface ActionLine extends ProcessAnswer {
  readonly status: CallResult['status'];
  readonly target: string;
  /** The name of the config's request. */
  readonly name: string;
  readonly attempts: number;
  readonly duration_ms: number;
}

/** Whatever the pod's status was, an answer of a pod is a `response`. */
export function processAnswer(endpoint: ConfigEndpoint, result: CallResult): ProcessAnswer {
  const { params, headers, url, pod } = result.call;
  const request = { configEndpoint: shownEndpoint(endpoint), params, headers, url, pod };
  const response = responseOf(result);
  if (response !== undefined) return { request, response };
  return { request, exception: result.error?.message ?? 'stopped before it was answered' };
}

/** Of a result of the action. */
export function actionLine(action: ConfigAction, result: CallResult): ActionLine {
  const { target, request: name } = result.call;
  const { status, attempts, durationMs } = result;
  const endpoint = action.requests.find((one) => one.name === name)?.endpoint;
  if (endpoint === undefined) throw new TypeError(`the action has no request ${name}`);
  return {
    status,
    target,
    name,
    ...processAnswer(endpoint, result),
    attempts,
    duration_ms: durationMs,
  };
}

/** What became of an action, without what only a program can call. */
export function summaryAnswer(action: string, summary: ActionSummary): object {
  const { ok, done, succeeded, failed, skipped, durationMs, latency, answers, otherAnswers, leftOut } =
    summary;
  return {
    action,
    ok,
    done,
    succeeded,
    failed,
    skipped,
    duration_ms: durationMs,
    latency,
    answers: answers.map(({ status, ...rest }) => ({ status_code: status, ...rest })),
    other_answers: otherAnswers,
    left_out: leftOut,
  };
}

/** An action as the config has it. */
export function shownAction(action: ConfigAction): object {
  return {
    name: action.name,
    requests: action.requests.map(({ name }) => name),
    targets: action.targets.map(({ name }) => name),
    pod_start_index: action.podStartIndex,
    pod_count: action.podCount,
    order: action.order,
    loop_order: action.loopOrder,
  };
}

function responseOf({ response, status }: CallResult): ProcessAnswer['response'] {
  if (response === undefined) return undefined;
  if ('text' in response) return { status_code: response.status, text: response.text };
  return status === 'ok' ? response : undefined;
}

function shownEndpoint({ name, headers, params, url, type, paged }: ConfigEndpoint): object {
  return { name, headers: redact(headers), params: redact(params), url: redactUrl(url), type, paged };
}
