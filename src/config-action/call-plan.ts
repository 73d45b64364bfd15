import { type Call, type CalledPod, callOf } from './call.ts';
import type { PodPicks } from './pod-picks.ts';
import type { PreparedRequest } from './prepare-request.ts';
import type { LoopOrder } from './requester-config.ts';

/** Calls that follow each other. Lanes run side by side, up to the next barrier. */
export interface Lane {
  readonly calls: readonly Call[];
  /** Whether it begins only when all calls before it have ended. */
  readonly barrier: boolean;
}

/** The calls of a run in their order, made as they are taken. */
export interface CallPlan {
  /** The next one, `undefined` at the end; a promise only where pods are to be read. */
  next(): Lane | undefined | Promise<Lane | undefined>;
  /** What was not taken yet, as far as the pods are known. */
  rest(): Iterable<Lane>;
  /** How many calls there are in all, where that is known. */
  readonly total: number | undefined;
}

/** How many pods a step of the ramp takes: a count, or a share of all. */
export type BatchSize = number | `${number}%`;

interface PlanSettings {
  readonly requests: readonly PreparedRequest[];
  readonly loopOrder: LoopOrder;
  /** The last one repeats. Empty: no batches. */
  readonly batches: readonly BatchSize[];
}

/**
 * Both loop orders: a lane is a pod with all requests, or one call of the request that all pods get before the next
 * request begins.
 */
export function planCalls(picks: PodPicks, { requests, loopOrder, batches }: PlanSettings): CallPlan {
  const byPod = loopOrder === 'foreach_pod_make_all_requests';
  const rounds = byPod ? [requests] : requests.map((request) => [request]);
  let round = 0;
  let position = 0;
  // Of the rounds before, each of which went over all pods.
  let before = 0;

  const laneAt = (pod: CalledPod, at: Cursor): Lane => {
    const round = rounds[at.round] ?? [];
    const first = at.before + at.position * round.length;
    const calls = round.map((request, index) => callOf(first + index, pod, request));
    return { calls, barrier: at.position === 0 || startsBatch(batches, at.position, picks.count) };
  };
  const nextRound = (at: Cursor): Cursor => ({
    round: at.round + 1,
    position: 0,
    before: at.before + at.position * (rounds[at.round]?.length ?? 0),
  });

  const lane = (pod: CalledPod): Lane => {
    const made = laneAt(pod, { round, position, before });
    position += 1;
    return made;
  };
  const endRound = () => {
    ({ round, position, before } = nextRound({ round, position, before }));
  };
  const next = (): Lane | undefined | Promise<Lane | undefined> => {
    while (round < rounds.length) {
      const pod = picks.known(position);
      if (pod !== undefined) return lane(pod);
      if (!picks.ended) return readNext();
      endRound();
    }
    return undefined;
  };
  const readNext = async (): Promise<Lane | undefined> => {
    const pod = await picks.at(position);
    if (pod !== undefined) return lane(pod);
    endRound();
    return next();
  };

  return {
    next,
    *rest() {
      let at: Cursor = { round, position, before };
      while (at.round < rounds.length) {
        const pod = picks.known(at.position);
        if (pod === undefined && picks.count === undefined) return;
        if (pod === undefined) at = nextRound(at);
        else {
          yield laneAt(pod, at);
          at = { ...at, position: at.position + 1 };
        }
      }
    },
    get total() {
      return picks.count === undefined ? undefined : picks.count * requests.length;
    },
  };
}

/** Calls that are known beforehand: what an earlier run left, in its order. */
export function planAgain(
  calls: readonly Call[],
  { loopOrder, batches }: Omit<PlanSettings, 'requests'>,
): CallPlan {
  const byPod = loopOrder === 'foreach_pod_make_all_requests';
  const rounds: { calls: Call[] }[][] = [];
  for (const call of calls) {
    const round = rounds.at(-1);
    const lane = round?.at(-1);
    const last = lane?.calls.at(-1);
    const samePod =
      last !== undefined && last.pod.name === call.pod.name && last.pod.target === call.pod.target;
    if (byPod && samePod) lane?.calls.push(call);
    else if (round === undefined || (!byPod && last?.request !== call.request)) {
      rounds.push([{ calls: [call] }]);
    } else round.push({ calls: [call] });
  }
  const lanes = rounds.flatMap((round) =>
    round.map(({ calls }, position) => ({
      calls,
      barrier: position === 0 || startsBatch(batches, position, round.length),
    })),
  );
  let taken = 0;
  return {
    next: () => lanes[taken++],
    rest: () => lanes.slice(taken),
    total: calls.length,
  };
}

interface Cursor {
  readonly round: number;
  readonly position: number;
  readonly before: number;
}

function startsBatch(batches: readonly BatchSize[], position: number, count: number | undefined): boolean {
  let start = 0;
  for (const [index, batch] of batches.entries()) {
    const size = sizeOf(batch, count ?? 0);
    if (index === batches.length - 1) return position >= start && (position - start) % size === 0;
    if (position === start) return true;
    start += size;
    if (position < start) return false;
  }
  return false;
}

/** At least one, however small the share. */
const sizeOf = (batch: BatchSize, count: number): number =>
  typeof batch === 'number' ? batch : Math.max(1, Math.floor((count * Number.parseFloat(batch)) / 100));
