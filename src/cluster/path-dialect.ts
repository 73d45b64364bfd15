import { ConfigError } from '../core/errors.ts';
import { path } from '../http/path.ts';
import type { GroupDialect } from './dialect.ts';
import { classifyAnswer, type DialectWords, parseObject } from './group-answer.ts';

/** Nodes that are servers of their own; every path ends in a slash. Nothing proves who created a record. */
export const pathDialect: GroupDialect = {
  name: 'path',
  provesOwnership: false,

  request: (kind, { node, groupId }) => {
    if (kind === 'read') {
      return { method: 'GET', url: `${node.url}${path`/v1/group/${groupId}/`}`, headers: {} };
    }
    return {
      method: kind === 'create' ? 'POST' : 'DELETE',
      url: `${node.url}/v1/group/`,
      // The original refuses a body without it.
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ groupId }),
    };
  },

  classify: (kind, answer) => classifyAnswer(kind, answer, words),

  isOwnAnswer: ({ body }) => {
    const object = parseObject(body);
    return object !== undefined && typeof Reflect.get(object, 'error') === 'string';
  },

  checkNodes: (nodes) => {
    const seen = new Map<string, string>();
    for (const { name, url } of nodes) {
      const other = seen.get(url);
      if (other !== undefined) {
        throw new ConfigError([
          {
            path: 'nodes',
            message: `${JSON.stringify(other)} and ${JSON.stringify(name)} have the same url ${url}; in the path dialect every node is a server of its own`,
          },
        ]);
      }
      seen.set(url, name);
    }
  },
};

const words: DialectWords = {
  exists: (body) => Reflect.get(body, 'error') === 'Group already exists',
  missing: (body) => Reflect.get(body, 'error') === 'Group not found',
};
