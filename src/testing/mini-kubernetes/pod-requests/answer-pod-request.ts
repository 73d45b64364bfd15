import { checkLogAccept } from '../api/media-types.ts';
import type { ResourceRequest } from '../api/request-info.ts';
import type { PodLogs } from '../kubelet/pod-logs.ts';
import { badRequest } from '../store/refusals.ts';
import { StatusError } from '../store/status-error.ts';
import type { Store } from '../store/store.ts';
import { answerLog } from './pod-log.ts';
import { forward } from './pod-proxy.ts';
import { proxyTarget } from './pod-proxy-target.ts';
import type { PodRequest } from './pod-request.ts';

/** Whether a request is answered by what runs in a pod, not by what is stored of it. */
export const goesToPod = ({ subresource }: ResourceRequest): boolean => POD_PARTS.has(subresource);

const POD_PARTS: ReadonlySet<string> = new Set(['log', 'proxy', 'exec', 'attach', 'portforward']);

/**
 * Answers an authorized request for a pod's log, or by a proxy to a pod.
 * @throws StatusError as long as no headers are sent; then it is for the caller to answer.
 */
export async function answerPodRequest(
  parts: { readonly store: Store; readonly logs: PodLogs },
  call: PodRequest,
): Promise<void> {
  const { resource, subresource, verb } = call.info;
  if (subresource === 'proxy' && (resource === 'pods' || resource === 'services')) {
    await forward(call, () => proxyTarget(parts.store, call.info));
  } else if (resource === 'pods' && subresource === 'log' && verb === 'get') {
    checkLogAccept(call.request.headers.accept);
    answerLog(parts, call);
  } else if (resource === 'pods' && subresource !== 'log') {
    throw badRequest('Upgrade request required');
  } else {
    throw new StatusError(404, 'NotFound', 'the server could not find the requested resource', {});
  }
}
