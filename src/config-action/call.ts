import type { HoldfastError } from '../core/errors.ts';
import { redactUrl } from '../core/observe.ts';
import type { PreparedRequest } from './prepare-request.ts';
import type { ConfigTarget } from './requester-config.ts';

/** One call that a run of an action makes, without secrets: they are `<redacted>`. */
export interface PlannedCall {
  /** The pod's name. */
  readonly pod: string;
  /** The name of the target that selected the pod. */
  readonly target: string;
  /** The name of the request. */
  readonly request: string;
  /** As the `type` of the endpoint says. */
  readonly method: 'GET' | 'POST';
  /** Rendered; the params of a GET are not in it. */
  readonly url: string;
  /** As they are sent. */
  readonly headers: Readonly<Record<string, string>>;
  /** Of a POST the JSON body, of a GET the query. */
  readonly params: unknown;
  /** The pod's address when it was planned. */
  readonly ip: string;
  /** Where the source of the pods has namespaces. */
  readonly namespace?: string;
}

/** What became of a call. */
export interface CallResult {
  /** What was called. */
  readonly call: PlannedCall;
  /** `ok`: every answer was a 2xx. `skipped`: the run was stopped before anything was sent, or a read was cut. */
  readonly status: 'ok' | 'failed' | 'skipped';
  /** How many requests were tried; of a paged call, those of all pages. */
  readonly attempts: number;
  /** Milliseconds, with retries and the waits between them. */
  readonly durationMs: number;
  /** What the last attempt was answered, whatever the status; of a paged call what was collected until it ended or failed. */
  readonly response?: PodResponse | PagedResponse;
  /** Why it failed. */
  readonly error?: HoldfastError;
  /** Why the attempts before the last one failed. Absent where there are none. */
  readonly earlierErrors?: readonly HoldfastError[];
}

/** One answer. */
export interface PodResponse {
  /** The HTTP status. */
  readonly status: number;
  /** The body. Secrets that the call itself sent and that came back are `<redacted>`. */
  readonly text: string;
}

/** The pages of a paged GET, with the field names of the original requester. */
export interface PagedResponse {
  /** The HTTP status of each page. */
  readonly statusCodes: readonly number[];
  /** The `statusCode` in the body of each page that has one. */
  readonly inner_statusCodes: readonly number[];
  /** The `messages` of all pages. */
  readonly messages: readonly unknown[];
  /** How many pages were collected. */
  readonly pages: number;
  /** How many requests were tried. */
  readonly attempt_num: number;
}

/** A pod that can be called. */
export interface CalledPod {
  readonly target: ConfigTarget;
  readonly name: string;
  readonly namespace: string | undefined;
  readonly ip: string;
}

/** A call with everything that is sent. */
export interface Call {
  /** Its place in the plan. */
  readonly position: number;
  readonly pod: CalledPod;
  readonly request: PreparedRequest;
  /** With whatever secrets its template has. */
  readonly url: string;
  /** Why nothing is sent: the pod of a call that is made again is not there any more. */
  readonly gone?: HoldfastError;
}

export function callOf(position: number, pod: CalledPod, request: PreparedRequest): Call {
  return { position, pod, request, url: request.endpoint.template.render(pod.ip, pod.target.port) };
}

export function plannedCall({ pod, request, url }: Call): PlannedCall {
  return {
    pod: pod.name,
    target: pod.target.name,
    request: request.name,
    method: request.endpoint.type,
    url: request.endpoint.template.hasSecrets ? redactUrl(url) : url,
    headers: request.shownHeaders,
    params: request.shownParams,
    ip: pod.ip,
    ...(pod.namespace === undefined ? {} : { namespace: pod.namespace }),
  };
}
