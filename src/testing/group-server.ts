import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { applyRequest } from './apply-request.ts';
import type { FaultPlan } from './fault-plan.ts';
import { type GroupAnswer, text } from './group-answer.ts';
import { type GroupApi, type GroupRequest, isAnswer, statsJson } from './group-api.ts';
import { answerWithFault } from './group-exchange.ts';
import type { GroupRecords } from './group-records.ts';
import { httpExchange, sendAnswer } from './http-exchange.ts';
import type { TimerSet } from './timer-set.ts';

export interface GroupServerParts {
  readonly records: GroupRecords;
  readonly faults: FaultPlan | undefined;
  readonly lateCommits: TimerSet;
  readonly slowAnswers: TimerSet;
}

/** A server that speaks `api` and is not listening yet. */
export function createGroupServer(api: GroupApi, parts: GroupServerParts): Server {
  const { records, faults } = parts;

  const perform = (asked: GroupRequest, request: IncomingMessage, response: ServerResponse): void => {
    const { kind, node, groupId } = asked;
    const commit = (): GroupAnswer => {
      try {
        return api.done(asked, applyRequest(records, asked));
      } catch (error) {
        // The file may be locked by somebody else: nothing that should end the process the nodes are part of.
        if (isDatabaseError(error)) return api.failure(500, error.message);
        throw error;
      }
    };
    const fault = faults?.next({ node, method: METHODS[kind], key: String(groupId) });
    if (fault === undefined) sendAnswer(response, commit());
    else {
      const writes = kind !== 'read';
      answerWithFault(httpExchange({ request, response, api, writes, commit, ...parts }), fault);
    }
  };

  const handle = (request: IncomingMessage, response: ServerResponse): void => {
    const route = api.route(request);
    if (isAnswer(route)) sendAnswer(response, route);
    else if (route.kind === 'stats') sendAnswer(response, text(200, statsJson(records.stats())));
    else if (route.kind === 'read') perform(route, request, response);
    else {
      readBody(request, (body) => {
        const groupId = body === undefined ? api.failure(413) : api.readId(body);
        if (typeof groupId === 'object') sendAnswer(response, groupId);
        else perform({ ...route, groupId }, request, response);
      });
    }
  };

  // A connection that the server ends for idleness can meet a request on its way: a reset that no plan ordered.
  return createServer({ keepAliveTimeout: 60_000 }, handle);
}

/** A group's id is short; this is room for any and a bound for all. */
const MAX_BODY_BYTES = 64 * 1024;

const METHODS = { read: 'GET', create: 'POST', delete: 'DELETE' } as const;

const isDatabaseError = (error: unknown): error is Error =>
  error instanceof Error && Reflect.get(error, 'code') === 'ERR_SQLITE_ERROR';

/** Calls `done` with the whole body, or with `undefined` as soon as it is too large; never where the client left. */
function readBody(request: IncomingMessage, done: (body: string | undefined) => void): void {
  const chunks: Buffer[] = [];
  let length = 0;
  request.on('data', (chunk: Buffer) => {
    const wasWithin = length <= MAX_BODY_BYTES;
    length += chunk.length;
    if (length <= MAX_BODY_BYTES) chunks.push(chunk);
    // The rest is read and dropped: a connection closed on a client that still sends would lose it this answer.
    else if (wasWithin) done(undefined);
  });
  request.on('end', () => {
    if (length <= MAX_BODY_BYTES) done((chunks.length === 1 ? chunks[0] : Buffer.concat(chunks))?.toString());
  });
}
