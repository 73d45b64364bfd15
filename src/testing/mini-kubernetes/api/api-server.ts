import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { FaultPlan } from '../../fault-plan.ts';
import type { Fault } from '../../fault-schema.ts';
import type { TimerSet } from '../../timer-set.ts';
import type { PodLogs } from '../kubelet/pod-logs.ts';
import { answerPodRequest, goesToPod } from '../pod-requests/answer-pod-request.ts';
import type { PodRequest } from '../pod-requests/pod-request.ts';
import { internalError } from '../store/refusals.ts';
import { isResourceName } from '../store/resources.ts';
import { StatusError } from '../store/status-error.ts';
import type { Store } from '../store/store.ts';
import { authorize, type Tokens } from './access.ts';
import { type Answer, errorAnswer } from './answer.ts';
import { type ApiRequest, answerRequest } from './answer-request.ts';
import { answerWithFault, refuseWithFault, reset } from './api-faults.ts';
import { readListOptions } from './list-options.ts';
import { FUTURE_WAIT, waitsForVersion } from './listing.ts';
import { readBody } from './read-body.ts';
import { readRequestInfo } from './request-info.ts';
import { send } from './send-answer.ts';

export interface ApiServerParts {
  readonly store: Store;
  /** Without them everybody may do everything. */
  readonly tokens: Tokens | undefined;
  readonly faults: FaultPlan | undefined;
  /** What the containers wrote. */
  readonly logs: PodLogs;
  /** Effects, answers and disturbances that faults put off. */
  readonly later: TimerSet;
}

/** A server that speaks the API and is not listening yet. */
export function createApiServer(parts: ApiServerParts): Server {
  const handle = (request: IncomingMessage, response: ServerResponse): void => {
    answer(parts, request, response).catch((error: unknown) => {
      if (response.headersSent) response.destroy();
      else send(response, errorAnswer(error instanceof StatusError ? error : internalError(String(error))));
    });
  };
  // A connection that the server ends for idleness can meet a request on its way: a reset that no plan ordered.
  return createServer({ keepAliveTimeout: 60_000 }, handle);
}

async function answer(
  parts: ApiServerParts,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { method = 'GET', url = '/', headers } = request;
  const [path = '/', search] = url.split(/\?(.*)/s);
  const query = new URLSearchParams(search ?? '');
  const info = readRequestInfo(method, path, query);
  const verb = info.type === 'resource' ? info.verb : '';
  const fault = parts.faults?.next({
    node: 'kubernetes',
    method: verb === 'watch' ? 'WATCH' : method,
    key: path,
  });
  const impersonate = headers['impersonate-user'];
  authorize(
    parts.tokens,
    {
      authorization: headers.authorization,
      impersonate: typeof impersonate === 'string' ? impersonate : undefined,
    },
    info,
  );

  if (info.type === 'resource' && goesToPod(info)) {
    const call = { request, response, info, query, search: search === undefined ? '' : `?${search}` };
    if (fault === undefined) await answerPodRequest(parts, call);
    else await answerPodRequestWithFault(parts, call, fault);
    return;
  }
  const body = await readBody(request);
  const asked: ApiRequest = { method, info, query, headers, body };
  await waitForVersion(parts, asked);
  const commit = (): Answer => {
    try {
      return answerRequest(parts.store, asked);
    } catch (error) {
      if (error instanceof StatusError) return errorAnswer(error);
      throw error;
    }
  };
  if (fault === undefined) send(response, commit());
  else {
    const watches = verb === 'watch';
    answerWithFault({ ...parts, request, response, reads: method === 'GET', watches, commit }, fault);
  }
}

/**
 * What a pod answers goes straight to the client, so that it can only go wrong before: faults that come after the
 * commit elsewhere reset the connection here.
 */
async function answerPodRequestWithFault(
  parts: ApiServerParts,
  call: PodRequest,
  fault: Fault,
): Promise<void> {
  if (refuseWithFault(call, fault)) return;
  if (fault.kind !== 'slow') return reset(call);
  await new Promise<void>((resolve) => parts.later.add(fault.slowBy, resolve));
  await answerPodRequest(parts, call);
}

/** A list may ask for a version that another server has seen and this one has not yet: it is given some time. */
async function waitForVersion({ store }: ApiServerParts, { info, query }: ApiRequest): Promise<void> {
  if (info.type !== 'resource' || info.verb !== 'list' || !isResourceName(info.resource)) return;
  const options = readListOptions(info.resource, query, false);
  if (!waitsForVersion(store, options)) return;
  await new Promise<void>((resolve) => {
    const done = () => {
      unsubscribe();
      cancel();
      resolve();
    };
    const unsubscribe = store.subscribe(() => {
      if (!waitsForVersion(store, options)) done();
    });
    const cancel = store.clock.setTimer(done, FUTURE_WAIT, { keepsProcessAlive: false });
  });
}
