import type { Fault } from '../../fault-schema.ts';
import type { TimerSet } from '../../timer-set.ts';
import type { WatchEvent, WatchSink } from './watching.ts';

/** How a watch goes wrong once it has begun. */
export type Disturbance =
  | { readonly type: 'last-line'; readonly line: WatchEvent }
  | { readonly type: 'end'; end(): void }
  | { readonly type: 'silence' };

/**
 * A sink for a watch that begins well and goes wrong after its first line, or `lateBy` milliseconds later where there
 * is none till then. One that falls silent says nothing at all, and never ends.
 */
export function disturbed(
  sink: WatchSink,
  { lateBy }: Fault,
  timers: TimerSet,
  disturbance: Disturbance,
): WatchSink {
  if (disturbance.type === 'silence') return { line: () => undefined, end: () => undefined };
  let isOver = false;
  const disturb = () => {
    if (isOver) return;
    isOver = true;
    if (disturbance.type === 'end') {
      disturbance.end();
    } else {
      sink.line(disturbance.line);
      sink.end();
    }
  };
  timers.add(lateBy, disturb);
  return {
    line: (event) => {
      if (isOver) return;
      sink.line(event);
      disturb();
    },
    end: () => {
      if (isOver) return;
      isOver = true;
      sink.end();
    },
  };
}
