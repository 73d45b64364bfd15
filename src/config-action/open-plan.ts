import { ConfigError } from '../core/errors.ts';
import type { PlanSettings } from './action-options.ts';
import type { Call, PlannedCall } from './call.ts';
import { type BatchSize, type CallPlan, planAgain, planCalls } from './call-plan.ts';
import { type LeftOutPod, PodPicks } from './pod-picks.ts';
import type { PodSource } from './pod-source.ts';
import { prepareRequest } from './prepare-request.ts';
import type { ActionSettings } from './requester-config.ts';

/** A plan over pods that are being read. */
export interface OpenedPlan extends CallPlan {
  /** Reads all pods. */
  load(): Promise<void>;
  readonly leftOut: readonly LeftOutPod[];
  /** Ends reading. */
  close(): Promise<void>;
}

export function openPlan(
  action: ActionSettings,
  pods: PodSource,
  { calls, shard, random, signal, batches = [] }: PlanSettings & { readonly batches?: readonly BatchSize[] },
): OpenedPlan {
  if (calls !== undefined) return openAgain(action, calls, batches);
  const picks = new PodPicks(pods.select(action.targets, { signal }), action, { random, shard });
  const requests = action.requests.map(prepareRequest);
  const plan = planCalls(picks, { requests, loopOrder: action.loopOrder, batches });
  return {
    next: plan.next,
    rest: plan.rest,
    get total() {
      return plan.total;
    },
    load: () => picks.load(),
    leftOut: picks.leftOut,
    close: () => picks.close(),
  };
}

function openAgain(
  action: ActionSettings,
  calls: readonly PlannedCall[],
  batches: readonly BatchSize[],
): OpenedPlan {
  const requests = new Map(action.requests.map((request) => [request.name, prepareRequest(request)]));
  const targets = new Map(action.targets.map((target) => [target.name, target]));
  const again = calls.map(
    ({ pod, ip, namespace, target: targetName, request: requestName }, position): Call => {
      const request = requests.get(requestName);
      const target = targets.get(targetName);
      if (
        request === undefined ||
        target === undefined ||
        typeof pod !== 'string' ||
        typeof ip !== 'string'
      ) {
        const message =
          `is no call of the action ${action.name}: it has no request ${String(requestName)} or no target ` +
          `${String(targetName)}, or the call names no pod and ip; pass what plan() or a summary's rerun gave`;
        throw new ConfigError([{ path: `options.calls[${position}]`, message }]);
      }
      return { position, request, pod: { name: pod, ip, namespace, target } };
    },
  );
  return {
    ...planAgain(again, { loopOrder: action.loopOrder, batches }),
    load: async () => undefined,
    leftOut: [],
    close: async () => undefined,
  };
}
