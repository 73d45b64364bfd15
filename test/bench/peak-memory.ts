import { say } from './child.ts';

/** Megabytes of this process as the machine sees them. */
export interface Memory {
  readonly now: number;
  /** The most since it was last asked for. */
  readonly peak: number;
}

const EVERY = 10;

/** Says, whenever it is asked, what memory the process takes and took at most since it was asked before. */
export function peakMemory(): void {
  let peak = 0;
  const look = () => {
    const now = process.memoryUsage.rss() / 1_000_000;
    peak = Math.max(peak, now);
    return now;
  };
  setInterval(look, EVERY);
  process.on('message', () => {
    const now = look();
    say({ now, peak } satisfies Memory);
    peak = 0;
  });
}
