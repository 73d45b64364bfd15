import {
  json,
  NO_SUCH_METHOD_ON_LIST,
  NO_SUCH_METHOD_ON_RECORD,
  NO_SUCH_PAGE,
  PONG,
  text,
} from './group-answer.ts';
import {
  decodeOnce,
  type FailureStatus,
  type GroupApi,
  type GroupRequest,
  groupIdOf,
  isRead,
  PING_PATHS,
  type RequestHead,
  rawPath,
  writesOf,
} from './group-api.ts';

/** The `header` dialect: one server for all nodes, the header `node` names the one meant. */
export function headerGroupApi(nodes: ReadonlySet<string>): GroupApi {
  const nodeOf = ({ headers: { node } }: RequestHead) =>
    typeof node === 'string' && nodes.has(node) ? node : undefined;

  return {
    route: (request) => {
      const { method } = request;
      const path = rawPath(request);
      if (path === LIST) {
        const kind = writesOf.get(method);
        if (kind === undefined) return NO_SUCH_METHOD_ON_LIST;
        const node = nodeOf(request);
        return node === undefined ? NO_SUCH_NODE : { kind, node, timestamp: timestampOf(request) };
      }
      if (path.startsWith(RECORD)) {
        const groupId = decodeOnce(path.slice(RECORD.length));
        if (groupId === undefined) return BAD_ENCODING;
        // As in the original, a "/" is never part of an id here, not even as %2F.
        if (groupId === '' || groupId.includes('/')) return NO_SUCH_PAGE;
        if (!isRead(method)) return NO_SUCH_METHOD_ON_RECORD;
        const node = nodeOf(request);
        return node === undefined ? NO_SUCH_NODE : { kind: 'read', node, groupId };
      }
      if (PING_PATHS.has(path)) return PONG;
      return STATS_PATHS.has(path) && isRead(method) ? { kind: 'stats' } : NO_SUCH_PAGE;
    },

    readId: (body) => {
      const read = groupIdOf(body);
      // 400 is also what "exists" has: in the original only the message tells them apart.
      if (read === 'notJson') return BAD_JSON;
      const { groupId } = read;
      // Its column is a text.
      if (typeof groupId === 'number' && Number.isFinite(groupId)) return String(groupId);
      return typeof groupId === 'string' && groupId !== '' ? groupId : NO_GROUP_ID;
    },

    done: (request, hit) => {
      if (!hit) return request.kind === 'create' ? EXISTS : missing(request);
      if (request.kind === 'create') return CREATED;
      if (request.kind === 'delete') return OK;
      return json(200, `{"groupId":${JSON.stringify(request.groupId)}}\n`);
    },

    failure: (status, reason = FAILURES[status]) => failed(reason, status),
  };
}

const LIST = '/v1/group';
const RECORD = '/v1/group/';
const STATS_PATHS: ReadonlySet<string> = new Set(['/stats', '/v1/stats']);

const failed = (message: string, status: number) =>
  json(status, `{"message": ${JSON.stringify(message)}, "status": ${status}}`);

const CREATED = text(201, 'CREATED\n');
const OK = text(200, 'OK\n');
const EXISTS = failed('Perhaps the object exists.', 400);
const BAD_JSON = failed('The body is not JSON.', 400);
const BAD_ENCODING = failed('The path is not percent-encoded UTF-8.', 400);
const NO_GROUP_ID = failed('The body needs a groupId.', 406);
const NO_SUCH_NODE = failed('The header node has to name one of the nodes.', 406);

const FAILURES: Readonly<Record<FailureStatus, string>> = {
  408: 'Timeout due to Random Behavior',
  410: 'It is gone.',
  413: 'The body is too large.',
  429: 'Too many requests.',
  500: 'InternalServerError due to Random Behavior',
  503: 'The service is unavailable.',
};

function missing(request: GroupRequest) {
  const timestamp = request.kind === 'delete' ? request.timestamp : undefined;
  const which = timestamp === undefined ? '' : ` and timestamp '${timestamp}'`;
  return failed(`No group record found with id '${request.groupId}'${which}`, 404);
}

/** The original takes a zero for no timestamp, and then deletes anybody's record. */
function timestampOf({ headers: { timestamp } }: RequestHead): string | undefined {
  return typeof timestamp === 'string' && Number(timestamp) !== 0 ? timestamp : undefined;
}
