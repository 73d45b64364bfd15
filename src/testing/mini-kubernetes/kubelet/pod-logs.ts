/** A line that a container wrote. */
export interface LogLine {
  /** Wall-clock milliseconds. */
  readonly at: number;
  readonly text: string;
}

/** What containers wrote, their latest run and the one before it. Each keeps its latest 1 MiB or so. */
export class PodLogs {
  readonly #pods = new Map<string, Map<string, ContainerLog>>();

  /** A container begins, or begins anew. */
  begin(podUid: string, container: string): void {
    const logs = this.#pods.get(podUid) ?? new Map<string, ContainerLog>();
    this.#pods.set(podUid, logs);
    logs.set(container, { lines: [], size: 0, previous: logs.get(container)?.lines, followers: new Set() });
  }

  /** Adds text, one line or more. Nothing is kept of a pod that is gone. */
  write(podUid: string, container: string, text: string, at: number): void {
    const log = this.#pods.get(podUid)?.get(container);
    if (log === undefined) return;
    for (const line of text.replace(/\n$/, '').split('\n')) {
      log.lines.push({ at, text: line });
      log.size += line.length + 1;
      for (const { onLine } of log.followers) onLine({ at, text: line });
    }
    if (log.size > LARGEST_LOG) halve(log);
  }

  /** @returns `undefined` where the container never began, or not twice. */
  read(podUid: string, container: string, which: 'current' | 'previous'): readonly LogLine[] | undefined {
    const log = this.#pods.get(podUid)?.get(container);
    return which === 'current' ? log?.lines : log?.previous;
  }

  /**
   * Hears of each further line, and of the end of the container's run.
   * @returns the function that ends it; `undefined` where the container does not run.
   */
  follow(podUid: string, container: string, follower: LogFollower): (() => void) | undefined {
    const log = this.#pods.get(podUid)?.get(container);
    if (log === undefined || log.hasEnded) return undefined;
    log.followers.add(follower);
    return () => {
      log.followers.delete(follower);
    };
  }

  /** A container ended. */
  end(podUid: string, container: string): void {
    const log = this.#pods.get(podUid)?.get(container);
    if (log === undefined) return;
    log.hasEnded = true;
    for (const { onEnd } of log.followers) onEnd();
    log.followers.clear();
  }

  drop(podUid: string): void {
    for (const container of this.#pods.get(podUid)?.keys() ?? []) this.end(podUid, container);
    this.#pods.delete(podUid);
  }
}

const LARGEST_LOG = 1_048_576;

export interface LogFollower {
  onLine(line: LogLine): void;
  onEnd(): void;
}

interface ContainerLog {
  lines: LogLine[];
  size: number;
  hasEnded?: boolean;
  readonly previous: readonly LogLine[] | undefined;
  readonly followers: Set<LogFollower>;
}

/** In halves, so that adding stays cheap. */
function halve(log: ContainerLog): void {
  while (log.size > LARGEST_LOG / 2 && log.lines.length > 1) {
    const removed = log.lines.splice(0, Math.ceil(log.lines.length / 2));
    log.size -= removed.reduce((sum, { text }) => sum + text.length + 1, 0);
  }
}
