import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { Answer, AnswerHeaders, WatchAnswer } from './answer.ts';
import type { WatchSink } from './watching.ts';

/** Puts an answer onto the wire. */
export function send(response: ServerResponse, answer: Answer): void {
  if (answer.type === 'watch') sendWatch(response, answer);
  else response.writeHead(answer.code, headersOf(answer)).end(bodyOf(answer));
}

/** Sends a watch, line by line as it goes; `sink` may put something between it and the wire. */
export function sendWatch(
  response: ServerResponse,
  watch: WatchAnswer,
  wrap: (sink: WatchSink) => WatchSink = (sink) => sink,
): void {
  response.writeHead(200, JSON_HEADERS);
  response.flushHeaders();
  let stop: () => void = () => undefined;
  const sink: WatchSink = {
    line: (event) => {
      response.write(`${JSON.stringify(event)}\n`);
      // As real ones do with a client that does not keep up.
      if (response.writableLength > MAX_UNREAD_BYTES) response.destroy();
    },
    end: () => response.end(),
  };
  response.once('close', () => stop());
  stop = watch.start(wrap(sink));
  if (response.destroyed) stop();
}

/** An answer's body as it goes onto the wire. */
export function bodyOf(answer: Exclude<Answer, WatchAnswer>): string {
  return answer.type === 'text' ? answer.text : `${JSON.stringify(answer.body)}\n`;
}

export function headersOf(answer: Exclude<Answer, WatchAnswer>): OutgoingHttpHeaders {
  const kind = answer.type === 'text' ? TEXT_HEADERS : JSON_HEADERS;
  return { ...kind, ...mutable(answer.headers ?? {}), 'Content-Length': Buffer.byteLength(bodyOf(answer)) };
}

const MAX_UNREAD_BYTES = 64 * 1024 * 1024;

const NO_CACHE = { 'Cache-Control': 'no-cache, private' };
const JSON_HEADERS = { ...NO_CACHE, 'Content-Type': 'application/json' };
const TEXT_HEADERS = { ...NO_CACHE, 'Content-Type': 'text/plain; charset=utf-8' };

const mutable = (headers: AnswerHeaders): OutgoingHttpHeaders =>
  Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, typeof value === 'string' ? value : [...value]]),
  );
