import { ConfigError, HoldfastError } from '../core/errors.ts';
import { type Call, callOf, type PlannedCall } from './call.ts';
import { reasonLeftOut } from './pod-picks.ts';
import type { PodSource, SelectedPod } from './pod-source.ts';
import { prepareRequest } from './prepare-request.ts';
import type { ActionSettings } from './requester-config.ts';

/**
 * The calls with their secrets, as their pods were when they were planned.
 *
 * @throws {ConfigError} for what is no call of the action
 */
export function callsAgain(action: ActionSettings, calls: readonly PlannedCall[]): Call[] {
  const requests = new Map(action.requests.map((request) => [request.name, prepareRequest(request)]));
  const targets = new Map(action.targets.map((target) => [target.name, target]));
  return calls.map(({ pod, ip, namespace, target: targetName, request: requestName }, position) => {
    const request = requests.get(requestName);
    const target = targets.get(targetName);
    if (request === undefined || target === undefined || typeof pod !== 'string' || typeof ip !== 'string') {
      const message =
        `is no call of the action ${action.name}: it has no request ${String(requestName)} or no target ` +
        `${String(targetName)}, or the call names no pod and ip; pass what plan() or a summary's rerun gave`;
      throw new ConfigError([{ path: `options.calls[${position}]`, message }]);
    }
    return callOf(position, { name: pod, ip, namespace, target }, request);
  });
}

/**
 * The calls with the addresses that their pods have now: an old one may be another pod's. Those whose pods cannot be called
 * any more say why.
 *
 * @throws what the source of the pods throws; the reason of the signal
 */
export async function locateAgain(
  calls: readonly Call[],
  pods: PodSource,
  signal: AbortSignal | undefined,
): Promise<Call[]> {
  // One of each name: an action may name a target twice.
  const targets = new Map(calls.map(({ pod: { target } }) => [target.name, target]));
  const selected = new Map<string, SelectedPod[]>();
  for (const call of calls) selected.set(keyOf(call.pod), []);
  if (targets.size > 0) {
    for await (const pod of pods.select([...targets.values()], { signal })) {
      signal?.throwIfAborted();
      selected.get(keyOf(pod))?.push(pod);
    }
  }
  return calls.map((call) => locate(call, selected.get(keyOf(call.pod)) ?? []));
}

const keyOf = ({ target, name }: Pick<SelectedPod, 'target' | 'name'>) => JSON.stringify([target.name, name]);

function locate(call: Call, selected: readonly SelectedPod[]): Call {
  const { position, pod, request } = call;
  const same = selected.filter(
    ({ namespace }) => namespace === undefined || pod.namespace === undefined || namespace === pod.namespace,
  );
  const callable = same.flatMap(({ ip, namespace, ...found }) =>
    ip === undefined || reasonLeftOut({ ip, ...found }) !== undefined ? [] : [{ ip, namespace }],
  );
  // A list of the caller's may have a name twice; the address then tells which one was meant.
  const there = callable.find(({ ip }) => ip === pod.ip) ?? (callable.length === 1 ? callable[0] : undefined);
  if (there !== undefined) return callOf(position, { ...pod, ...there }, request);
  const error = new HoldfastError(`${whyGone(call, same)}; nothing was sent`, {
    code: 'POD_GONE',
    retryable: true,
  });
  return { ...call, gone: error };
}

function whyGone({ pod: { name, target } }: Call, [first, second]: readonly SelectedPod[]): string {
  if (first === undefined) return `The target ${target.name} selects no pod ${name} any more`;
  if (second !== undefined)
    return `The target ${target.name} selects several pods ${name}, none at its address`;
  return reasonLeftOut(first) === 'ended'
    ? `The containers of the pod ${name} have ended`
    : `The pod ${name} has no address now`;
}
