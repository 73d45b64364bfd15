import type { PlanSettings } from './action-options.ts';
import type { PlannedCall } from './call.ts';
import { type BatchSize, type CallPlan, planAgain, planCalls } from './call-plan.ts';
import { callsAgain, locateAgain } from './calls-again.ts';
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
  if (calls !== undefined) return openAgain(action, pods, { calls, signal, batches });
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

/** The pods are looked up once, before the first call. */
function openAgain(
  action: ActionSettings,
  pods: PodSource,
  { calls, signal, batches }: AgainSettings,
): OpenedPlan {
  const settings = { loopOrder: action.loopOrder, batches };
  const before = callsAgain(action, calls);
  let plan = planAgain(before, settings);
  let located = false;
  const load = async () => {
    if (located) return;
    plan = planAgain(await locateAgain(before, pods, signal), settings);
    located = true;
  };
  return {
    next: () => (located ? plan.next() : load().then(() => plan.next())),
    rest: () => plan.rest(),
    total: before.length,
    load,
    leftOut: [],
    close: async () => undefined,
  };
}

interface AgainSettings extends Pick<PlanSettings, 'signal'> {
  readonly calls: readonly PlannedCall[];
  readonly batches: readonly BatchSize[];
}
