import type { StatusError } from '../store/status-error.ts';
import type { WatchSink } from './watching.ts';

/** What a request is answered with, before it goes onto the wire. */
export type Answer = ObjectAnswer | TextAnswer | WatchAnswer;

export interface ObjectAnswer {
  readonly type: 'object';
  readonly code: number;
  readonly body: object;
  readonly headers?: AnswerHeaders;
}

export interface TextAnswer {
  readonly type: 'text';
  readonly code: number;
  readonly text: string;
  readonly headers?: AnswerHeaders;
}

export interface WatchAnswer {
  readonly type: 'watch';
  /** @returns the function that stops it. */
  start(sink: WatchSink): () => void;
}

export type AnswerHeaders = Readonly<Record<string, string | readonly string[]>>;

export const objectAnswer = (code: number, body: object, warnings: readonly string[] = []): ObjectAnswer => ({
  type: 'object',
  code,
  body,
  ...(warnings.length === 0 ? {} : { headers: { Warning: warnings.map(warningHeader) } }),
});

export function errorAnswer({ code, status }: StatusError, warnings: readonly string[] = []): ObjectAnswer {
  const retryAfter = status.details?.retryAfterSeconds;
  return {
    type: 'object',
    code,
    body: status,
    headers: {
      ...(retryAfter === undefined ? {} : { 'Retry-After': String(retryAfter) }),
      ...(code === 403 ? { 'X-Content-Type-Options': 'nosniff' } : {}),
      ...(warnings.length === 0 ? {} : { Warning: warnings.map(warningHeader) }),
    },
  };
}

export const textAnswer = (code: number, text: string): TextAnswer => ({
  type: 'text',
  code,
  text,
  headers: { 'X-Content-Type-Options': 'nosniff' },
});

/** RFC 9110 had this header in RFC 7234: code, agent, text in quotes. */
const warningHeader = (text: string) => `299 - "${text.replaceAll(/["\\]/g, '\\$&')}"`;
