import type { CallResult } from '../../config-action/call.ts';
import type { PodSource, SelectedPod } from '../../config-action/pod-source.ts';
import type { ConfigEndpoint, ConfigTarget } from '../../config-action/requester-config.ts';
import { runAction } from '../../config-action/run-action.ts';
import { DetailError } from '../detail.ts';
import type { CallGate } from './call-gate.ts';
import type { AppSettings } from './options.ts';
import { type ProcessAnswer, processAnswer } from './wire.ts';

/**
 * The first pod of a target that can be called.
 *
 * @throws {DetailError} 404 where there is none
 */
export async function firstPod(
  pods: PodSource,
  target: ConfigTarget,
  signal: AbortSignal,
): Promise<SelectedPod> {
  let leftOut = 0;
  for await (const pod of pods.select([target], { signal })) {
    if (pod.ip !== undefined && pod.ip !== '' && pod.ended !== true) return pod;
    leftOut += 1;
  }
  const without = leftOut === 0 ? '' : ` that can be called (${leftOut} have no address or have ended)`;
  throw new DetailError(404, `the target ${JSON.stringify(target.name)} selects no pod${without}`);
}

/** Calls one pod, when it is its turn; the endpoint, which may be large, is made then. */
export async function callPod(
  { gate, settings }: { readonly gate: CallGate; readonly settings: AppSettings },
  pod: SelectedPod,
  endpointOf: () => ConfigEndpoint,
  signal: AbortSignal,
): Promise<ProcessAnswer> {
  return gate.pass(pod.name, signal, async () => {
    const endpoint = endpointOf();
    return processAnswer(endpoint, await callOnce(settings, pod, endpoint, signal));
  });
}

/** An action of one call. */
async function callOnce(
  { pods, calls }: AppSettings,
  pod: SelectedPod,
  endpoint: ConfigEndpoint,
  signal: AbortSignal,
): Promise<CallResult> {
  const { target } = pod;
  const action = {
    name: 'process',
    requests: [{ name: endpoint.name, endpoint, retries: 0, retryDelay: 0 }],
    targets: [target],
    podStartIndex: 0,
    podCount: 1,
    order: null,
    loopOrder: 'foreach_pod_make_all_requests',
  } as const;
  const only: PodSource = {
    async *select() {
      yield pod;
    },
    proxy: pods.proxy,
  };
  let made: CallResult | undefined;
  for await (const result of runAction(action, only, { ...calls, signal })) made = result;
  if (made === undefined) throw signal.reason;
  return made;
}
