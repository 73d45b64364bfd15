import { setImmediate } from 'node:timers';
import type { Timeline } from './timeline.ts';

/** More than any run takes that ends. */
const MAX_EVENTS = 5_000_000;

/** How many turns of the event loop work may take that is none of the timeline's, such as loading a module. */
const IDLE_TURNS = 50;

/** `false` where it is not over and nothing is left to happen, or too much has happened. */
export async function runToEnd(timeline: Timeline, isOver: () => boolean): Promise<boolean> {
  let events = 0;
  for (let idle = 0; idle < IDLE_TURNS; idle++) {
    await timeline.run(() => isOver() || ++events > MAX_EVENTS);
    if (isOver() || events > MAX_EVENTS) break;
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
  return isOver();
}
