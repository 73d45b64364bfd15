import type { IncomingMessage } from 'node:http';
import type { GroupAnswer } from './group-answer.ts';
import type { GroupId, GroupStats } from './group-records.ts';

/** One server's side of a dialect: how it reads requests and in which words it answers. Holds no state. */
export interface GroupApi {
  /** What the request line and the headers ask for, or the answer where that settles it. */
  route(request: RequestHead): GroupRoute | GroupAnswer;
  /** The id in the body of a create or a delete, or the answer to a body that has none. */
  readId(body: string): GroupId | GroupAnswer;
  /** What to answer once it is done. `hit`: found, created or deleted; otherwise there was nothing to do. */
  done(request: GroupRequest, hit: boolean): GroupAnswer;
  /** `reason` replaces the usual words. */
  failure(status: FailureStatus, reason?: string): GroupAnswer;
}

/** A request before its body. */
export type RequestHead = Pick<IncomingMessage, 'method' | 'url' | 'headers'>;

export type GroupRoute = { readonly kind: 'stats' } | GroupRead | GroupWriteTarget;

interface GroupRead {
  readonly kind: 'read';
  readonly node: string;
  readonly groupId: string;
}

/** A write whose body is still to be read. */
interface GroupWriteTarget {
  readonly kind: 'create' | 'delete';
  readonly node: string;
  /** `undefined`: of whatever timestamp. */
  readonly timestamp: string | undefined;
}

export type GroupRequest = GroupRead | (GroupWriteTarget & { readonly groupId: GroupId });

export type FailureStatus = 408 | 410 | 413 | 429 | 500 | 503;

export const isAnswer = (value: GroupRoute | GroupAnswer): value is GroupAnswer => 'status' in value;

export const writesOf: ReadonlyMap<string | undefined, 'create' | 'delete'> = new Map([
  ['POST', 'create'],
  ['DELETE', 'delete'],
]);

export const isRead = (method: string | undefined) => method === 'GET' || method === 'HEAD';

export const PING_PATHS: ReadonlySet<string> = new Set(['/ping', '/ping/', '/v1/ping', '/v1/ping/']);

/** The path as it was sent: neither decoded nor tidied, for an id may hold anything. */
export function rawPath({ url = '/' }: RequestHead): string {
  const end = url.indexOf('?');
  return end === -1 ? url : url.slice(0, end);
}

/** The text that was percent-encoded once; `undefined` where it was not well-formed. */
export function decodeOnce(encoded: string): string | undefined {
  if (!encoded.includes('%')) return encoded;
  try {
    return decodeURIComponent(encoded);
  } catch (error) {
    if (error instanceof URIError) return undefined;
    throw error;
  }
}

/** `groupId` of a JSON object, whatever it is. `notJson` where the text is not JSON at all. */
export function groupIdOf(body: string): { readonly groupId: unknown } | 'notJson' {
  try {
    const value: unknown = JSON.parse(body);
    const isObject = typeof value === 'object' && value !== null;
    return { groupId: isObject ? Reflect.get(value, 'groupId') : undefined };
  } catch (error) {
    if (error instanceof SyntaxError) return 'notJson';
    throw error;
  }
}

/** As the header dialect has it, and pages that show it. */
export const statsJson = ({ consistent, counts }: GroupStats): string => {
  const entries = [...counts].map(([node, count]) => `${JSON.stringify(node)}: ${count}`);
  return `[${consistent}, {${entries.join(', ')}}]`;
};
