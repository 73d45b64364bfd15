import { timestamp } from '../store/time.ts';
import type { Image, ImageContext } from './image.ts';
import { type ContainerRecord, containerId } from './pod-status.ts';

/** How a run of a container ended. */
export interface Exit {
  readonly exitCode: number;
  readonly reason: 'Completed' | 'Error';
}

/** What a container that outlasts its pod's grace period ends with, as SIGKILL leaves it. */
export const KILLED: Exit = { exitCode: 137, reason: 'Error' };

/** Runs an image to its end. Never rejects: what the image throws is its exit code 1 and a line of its log. */
export async function runImage(image: Image, context: ImageContext): Promise<Exit> {
  try {
    const exitCode = exitCodeOf(await image(context));
    return { exitCode, reason: exitCode === 0 ? 'Completed' : 'Error' };
  } catch (error) {
    const { signal } = context;
    // What a process does that leaves SIGTERM to its default.
    if (signal.aborted && error === signal.reason) return { exitCode: 143, reason: 'Error' };
    context.log(error instanceof Error ? error.message : String(error));
    return { exitCode: 1, reason: 'Error' };
  }
}

export const waiting = (record: ContainerRecord, reason: string, message?: string): ContainerRecord => ({
  ...record,
  state: { waiting: { reason, ...(message === undefined ? {} : { message }) } },
});

export const running = (record: ContainerRecord, now: number): ContainerRecord => ({
  ...record,
  state: { running: { startedAt: timestamp(now) } },
});

export const terminated = (
  record: ContainerRecord,
  podUid: string,
  exit: Exit,
  now: number,
): ContainerRecord => ({
  ...record,
  state: {
    terminated: {
      ...exit,
      startedAt: record.state.running?.startedAt ?? timestamp(now),
      finishedAt: timestamp(now),
      containerID: containerId(podUid, record.name, record.restartCount),
    },
  },
});

/** To be started once more: what it ended with is its last state. */
export const again = (record: ContainerRecord, message: string): ContainerRecord => ({
  ...waiting(record, 'CrashLoopBackOff', message),
  lastState: record.state,
  restartCount: record.restartCount + 1,
});

/** Milliseconds before a container is started again: at once the first time, then longer and longer. */
export function restartDelay(restarts: number, retryDelay: number): number {
  return restarts <= 1 ? 0 : Math.min(retryDelay * 2 ** (restarts - 2), LONGEST_RESTART_DELAY);
}

const LONGEST_RESTART_DELAY = 300_000;

/** Of a process: the lowest eight bits. What is no number at all is a failure. */
const exitCodeOf = (result: Awaited<ReturnType<Image>>): number => {
  if (result === undefined) return 0;
  return Number.isInteger(result) ? result & 0xff : 1;
};
