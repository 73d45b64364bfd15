import { onAbort } from '../../core/abort.ts';
import type { Clock } from '../../core/clock.ts';
import { stoppable } from '../../file-drop/merge.ts';
import type { ProcessorPod } from '../../file-drop/processor-pod.ts';
import { type BoardNews, keyOf, type PodBoard } from './pod-board.ts';

/** Milliseconds after which a stream that has nothing to tell says that it is alive. */
const HEARTBEAT = 15_000;

/**
 * The board as server-sent events: `pods` with all of them, at first and whenever they are read anew, then `changes` with
 * those that changed. A slow reader is told the newest of each only, so that nothing piles up. Begins when it is read.
 */
export function podEvents(board: PodBoard, clock: Clock, signal: AbortSignal): ReadableStream<Uint8Array> {
  const events = stoppable((left) => tell(board, clock, AbortSignal.any([signal, left])));
  const iterator = events[Symbol.asyncIterator]();
  const encoder = new TextEncoder();
  return new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        const { done, value } = await iterator.next();
        if (done) controller.close();
        else controller.enqueue(encoder.encode(value));
      },
      cancel: async () => {
        await iterator.return?.();
      },
    },
    // Nothing is read ahead: what is told is what holds when it is sent.
    { highWaterMark: 0 },
  );
}

async function* tell(board: PodBoard, clock: Clock, signal: AbortSignal): AsyncGenerator<string, undefined> {
  const changed = new Map<string, ProcessorPod>();
  let anew = true;
  let wake: (() => void) | undefined;
  const hear = (news: BoardNews) => {
    if (news.kind === 'one') changed.set(keyOf(news.pod), news.pod);
    else anew = true;
    wake?.();
  };
  const unlisten = board.listen(hear);
  const unsubscribe = onAbort(signal, () => wake?.());
  try {
    while (!signal.aborted) {
      const news = anew ? eventOf('pods', board.pods) : eventOf('changes', [...changed.values()]);
      const quiet = !anew && changed.size === 0;
      anew = false;
      changed.clear();
      yield quiet ? ': still here\n\n' : news;
      if (anew || changed.size > 0 || signal.aborted) continue;
      await new Promise<void>((resolve) => {
        const cancel = clock.setTimer(resolve, HEARTBEAT, { keepsProcessAlive: false });
        wake = () => {
          cancel();
          resolve();
        };
      });
    }
  } finally {
    unlisten();
    unsubscribe();
  }
}

/** JSON holds no line break, so that the data is one line. */
const eventOf = (name: string, data: unknown): string => `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
