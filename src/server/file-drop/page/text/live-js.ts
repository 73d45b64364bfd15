// Made by .ci/build-page.js.
export const text = `import { readEvents } from "./event-stream.js";
import { answerOf, send } from "./server.js";
const POLL_DELAY = 2_000;
const RETRY_DELAY = 1_000;
/** A stream that tells nothing for so long is held up by something in between; the server speaks every 15 seconds. */
const FIRST_WORD = 5_000;
const SILENCE = 40_000;
/** How often it is polled before the stream is tried again. */
const POLLS = 15;
/** Keeps a listener up to date for as long as the page is open: by the event stream, else by asking again and again. */
export async function followPods(listener) {
    for (;;) {
        const told = await readStream(listener).catch(problem);
        if (told === 'some') {
            await pause(RETRY_DELAY);
            continue;
        }
        for (let left = POLLS; left > 0; left -= 1) {
            await poll(listener).catch((error) => {
                problem(error);
                listener.state('No connection; trying again');
            });
            await pause(POLL_DELAY);
        }
    }
}
async function poll(listener) {
    listener.all(await answerOf(await send('backend/pods/processor')));
    listener.state('Updated every 2 s');
}
/** Resolves when the stream has ended, to whether it told anything. */
async function readStream(listener) {
    const stop = new AbortController();
    let told = 'nothing';
    let timer;
    const expectWithin = (delay) => {
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
            if (name === 'pods')
                listener.all(JSON.parse(data));
            else if (name === 'changes')
                listener.changes(JSON.parse(data));
        }
    }
    catch (error) {
        problem(error);
    }
    finally {
        clearTimeout(timer);
    }
    listener.state('No connection; trying again');
    return told;
}
async function* texts(body) {
    const reader = body.getReader();
    const decoder = new TextDecoder();
    for (;;) {
        const { done, value } = await reader.read();
        if (done)
            return;
        yield decoder.decode(value, { stream: true });
    }
}
/** What the network does is told by \`state\`; anything else is a fault of this page. */
function problem(error) {
    const isNetwork = error instanceof TypeError || error instanceof DOMException;
    if (!isNetwork)
        reportError(error);
}
const pause = (delay) => new Promise((resolve) => setTimeout(resolve, delay));
`;
