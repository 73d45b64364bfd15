import { readEvents } from './event-stream.ts';
import type { Pod } from './pod.ts';
import { answerOf, send } from './server.ts';

export interface PodListener {
  /** These are all that there are. */
  all(pods: readonly Pod[]): void;
  /** These have changed, or are there no more. */
  changes(pods: readonly Pod[]): void;
  /** Whether what is shown is up to date, in words. */
  state(text: string): void;
}

const POLL_DELAY = 2_000;
const RETRY_DELAY = 1_000;
/** A stream that tells nothing for so long is held up by something in between; the server speaks every 15 seconds. */
const FIRST_WORD = 5_000;
const SILENCE = 40_000;
/** How often it is polled before the stream is tried again. */
const POLLS = 15;

/** Keeps a listener up to date for as long as the page is open: by the event stream, else by asking again and again. */
export async function followPods(listener: PodListener): Promise<never> {
  for (;;) {
    const told = await readStream(listener).catch(problem);
    if (told === 'some') {
      await pause(RETRY_DELAY);
      continue;
    }
    for (let left = POLLS; left > 0; left -= 1) {
      await poll(listener).catch((error: unknown) => {
        problem(error);
        listener.state('No connection; trying again');
      });
      await pause(POLL_DELAY);
    }
  }
}

async function poll(listener: PodListener): Promise<void> {
  listener.all(await answerOf<Pod[]>(await send('backend/pods/processor')));
  listener.state('Updated every 2 s');
}

/** Resolves when the stream has ended, to whether it told anything. */
async function readStream(listener: PodListener): Promise<'some' | 'nothing'> {
  const stop = new AbortController();
  let told: 'some' | 'nothing' = 'nothing';
  let timer: ReturnType<typeof setTimeout> | undefined;
  const expectWithin = (delay: number) => {
    clearTimeout(timer);
    timer = setTimeout(() => stop.abort(), delay);
  };
  try {
    const response = await send('backend/events', { signal: stop.signal });
    if (!response.ok || response.body === null) {
      await response.body?.cancel();
      return told;
    }
    expectWithin(FIRST_WORD);
    for await (const { name, data } of readEvents(texts(response.body))) {
      expectWithin(SILENCE);
      told = 'some';
      listener.state('Live');
      if (name === 'pods') listener.all(JSON.parse(data) as Pod[]);
      else if (name === 'changes') listener.changes(JSON.parse(data) as Pod[]);
    }
  } catch (error) {
    problem(error);
  } finally {
    clearTimeout(timer);
  }
  listener.state('No connection; trying again');
  return told;
}

async function* texts(body: ReadableStream<Uint8Array>): AsyncGenerator<string, undefined> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    yield decoder.decode(value, { stream: true });
  }
}

/** What the network does is told by `state`; anything else is a fault of this page. */
function problem(error: unknown): undefined {
  const isNetwork = error instanceof TypeError || error instanceof DOMException;
  if (!isNetwork) reportError(error);
}

const pause = (delay: number) => new Promise<void>((resolve) => setTimeout(resolve, delay));
