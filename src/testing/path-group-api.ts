import {
  type GroupAnswer,
  json,
  NO_SUCH_METHOD_ON_LIST,
  NO_SUCH_METHOD_ON_RECORD,
  NO_SUCH_PAGE,
  PONG,
  page,
  text,
} from './group-answer.ts';
import {
  decodeOnce,
  type FailureStatus,
  type GroupApi,
  groupIdOf,
  isRead,
  PING_PATHS,
  rawPath,
  writesOf,
} from './group-api.ts';

/** The `path` dialect: a server of its own for each node, and every path ends in a slash. */
export function pathGroupApi(node: string): GroupApi {
  return {
    route: (request) => {
      const { method, headers } = request;
      const path = rawPath(request);
      if (path === LIST) {
        const kind = writesOf.get(method);
        if (kind === undefined) return NO_SUCH_METHOD_ON_LIST;
        return isJson(headers['content-type']) ? { kind, node, timestamp: undefined } : NOT_JSON;
      }
      if (path.startsWith(LIST)) {
        if (!path.endsWith('/')) return withSlash(path, request.url);
        const encoded = path.slice(LIST.length, -1);
        if (encoded === '' || encoded.includes('/')) return NO_SUCH_PAGE;
        if (!isRead(method)) return NO_SUCH_METHOD_ON_RECORD;
        const groupId = decodeOnce(encoded);
        return groupId === undefined ? BAD_REQUEST : { kind: 'read', node, groupId };
      }
      if (path === LIST.slice(0, -1)) return withSlash(path, request.url);
      return PING_PATHS.has(path) ? PONG : NO_SUCH_PAGE;
    },

    readId: (body) => {
      const read = groupIdOf(body);
      if (read === 'notJson') return BAD_REQUEST;
      const { groupId } = read;
      if (typeof groupId === 'number' && Number.isFinite(groupId)) return groupId;
      return typeof groupId === 'string' && groupId !== '' ? groupId : BAD_REQUEST;
    },

    done: ({ kind, groupId }, hit) => {
      if (!hit) return kind === 'create' ? EXISTS : MISSING;
      if (kind === 'create') return CREATED;
      if (kind === 'delete') return DELETED;
      return json(200, `{"groupId":${JSON.stringify(groupId)}}\n`);
    },

    failure: (status, reason = FAILURES[status]) => failed(status, reason),
  };
}

const LIST = '/v1/group/';

const failed = (status: number, error: string) => json(status, `{"error": ${JSON.stringify(error)}}`);

const CREATED = text(201, '');
const DELETED = text(200, '');
const EXISTS = failed(400, 'Group already exists');
const MISSING = failed(404, 'Group not found');
const BAD_REQUEST = failed(400, 'Bad request');
/** The original's framework says so before the API sees the request. */
const NOT_JSON = page(400, 'Bad Request');

const FAILURES: Readonly<Record<FailureStatus, string>> = {
  408: 'Request timeout',
  410: 'Gone',
  413: 'Request too large',
  429: 'Too many requests',
  500: 'Internal server error',
  503: 'Service unavailable',
};

const withSlash = (path: string, url = ''): GroupAnswer =>
  page(308, 'Permanent Redirect', ['Location', `${path}/${url.slice(path.length)}`]);

const isJson = (contentType: string | undefined) =>
  contentType === 'application/json' ||
  (contentType !== undefined && /^application\/(?:[^;\s]+\+)?json\s*(?:;|$)/i.test(contentType));
