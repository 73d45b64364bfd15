import { ConfigError } from '../core/errors.ts';
import { path } from '../http/path.ts';
import type { ClusterNode, DialectContext, GroupDialect } from './dialect.ts';
import { classifyAnswer, type DialectWords, parseObject } from './group-answer.ts';
import { isTimestamp } from './operation-id.ts';

/**
 * Nodes chosen by a `node` header, the same server serving several of them. A record is stored with the `timestamp` header
 * of the POST that created it, and a DELETE with that timestamp removes no other record.
 */
export const headerDialect: GroupDialect = {
  name: 'header',
  provesOwnership: true,

  request: (kind, context) => {
    const { node, groupId, operationId, purpose } = context;
    // No content-type: the original's client sends none.
    const headers = { node: node.name };
    if (kind === 'read') return { method: 'GET', url: `${node.url}${path`/group/${groupId}`}`, headers };
    // The delete of a whole group must take records of any timestamp; only an undo knows its own.
    const stamped = kind === 'create' || purpose === 'undo';
    return {
      method: kind === 'create' ? 'POST' : 'DELETE',
      url: `${node.url}/group`,
      headers: stamped ? { ...headers, timestamp: ownTimestamp(operationId, context) } : headers,
      body: JSON.stringify({ groupId }),
    };
  },

  classify: (kind, answer) => classifyAnswer(kind, answer, words),

  isOwnAnswer: ({ status, body }) => {
    const object = parseObject(body);
    return (
      object !== undefined &&
      typeof Reflect.get(object, 'message') === 'string' &&
      Reflect.get(object, 'status') === status
    );
  },

  checkNodes: (nodes) => {
    const issues = nodes.filter((node) => !canBeHeaderValue(node)).map(describeBadName);
    if (issues.length > 0) throw new ConfigError(issues);
  },

  checkGroupId: (groupId) => {
    if (!groupId.includes('/')) return;
    throw new ConfigError([
      {
        path: 'groupId',
        message: `${JSON.stringify(groupId)} holds a "/", and such an id cannot be read back in the header dialect`,
      },
    ]);
  },
};

const startsWith = (body: object, key: string, text: string) =>
  String(Reflect.get(body, key) ?? '').startsWith(text);

const words: DialectWords = {
  exists: (body) => startsWith(body, 'message', 'Perhaps the object exists'),
  missing: (body) => startsWith(body, 'message', 'No group record found'),
};

/** A DELETE with a zero or missing timestamp would remove anybody's record, so it must never leave. */
function ownTimestamp(operationId: string, { groupId }: DialectContext): string {
  if (isTimestamp(operationId)) return operationId;
  throw new ConfigError([
    {
      path: 'operationId',
      message: `a rollback of group ${JSON.stringify(groupId)} in the header dialect needs the timestamp of its operation, received ${JSON.stringify(operationId)}`,
    },
  ]);
}

const canBeHeaderValue = ({ name }: ClusterNode) =>
  /^[\x21-\x7e\x80-\xff]([\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?$/.test(name);

const describeBadName = ({ name }: ClusterNode) => ({
  path: 'nodes',
  message: `the name ${JSON.stringify(name)} cannot be sent as a header value; use printable Latin-1 characters`,
});
