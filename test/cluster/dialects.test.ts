import { describe, expect, test } from 'vitest';
import type { DialectAnswer, Verdict } from '../../src/cluster/dialect.ts';
import { headerDialect } from '../../src/cluster/header-dialect.ts';
import { pathDialect } from '../../src/cluster/path-dialect.ts';

const answer = (status: number, body: string): DialectAnswer => ({
  status,
  body,
  groupId: '6',
  header: () => undefined,
});

type Row = readonly [kind: keyof Verdict, status: number, body: string, verdict: string];

const shared: readonly Row[] = [
  ['read', 200, '{"groupId":"6"}\n', 'present'],
  ['read', 200, '{"groupId":"7"}', 'unknown'],
  ['read', 200, '{"groupId":6}', 'unknown'],
  ['read', 200, '<html>welcome</html>', 'unknown'],
  ['read', 201, '{"groupId":"6"}', 'unknown'],
  ['read', 404, '<html>not found</html>', 'unknown'],
  ['read', 404, '', 'unknown'],
  ['read', 301, '', 'unknown'],
  ['read', 500, '{}', 'unknown'],
  ['read', 429, '', 'later'],
  ['read', 403, '{"message":"no"}', 'refused'],
  ['create', 201, 'CREATED\n', 'done'],
  ['create', 201, '', 'done'],
  ['create', 200, 'OK\n', 'done'],
  ['create', 200, '<html>log in</html>', 'unknown'],
  ['create', 204, '', 'unknown'],
  ['create', 308, '', 'unknown'],
  ['create', 408, '{"message":"Timeout","status":408}', 'unknown'],
  ['create', 425, '', 'later'],
  ['create', 429, 'slow down', 'later'],
  ['create', 500, '', 'unknown'],
  ['create', 503, '{"error":"busy"}', 'unknown'],
  ['create', 406, '{"message":"no node","status":406}', 'refused'],
  ['create', 400, '<html>bad gateway to hell</html>', 'unknown'],
  ['create', 400, '[]', 'unknown'],
  ['create', 400, 'null', 'unknown'],
  ['create', 400, '"no"', 'unknown'],
  ['create', 302, '{"message":"elsewhere"}', 'unknown'],
  ['read', 302, '{"message":"elsewhere"}', 'unknown'],
  ['delete', 200, 'OK\n', 'done'],
  ['delete', 404, '', 'unknown'],
  ['delete', 404, '{"detail":"no such route"}', 'refused'],
];

const header: readonly Row[] = [
  [
    'read',
    404,
    `{"message":"No group record found with id '6' and timestamp 'None'","status":404}`,
    'absent',
  ],
  ['read', 404, '{"error":"Group not found"}', 'refused'],
  ['read', 410, '{"message":"No group record found with id 6"}', 'refused'],
  ['create', 404, '{"message":"No group record found with id 6"}', 'refused'],
  ['create', 409, '{"message": "Perhaps the object exists."}', 'refused'],
  ['create', 400, '{"message": "Perhaps the object exists.", "status": 400}', 'exists'],
  ['create', 400, '{"message": "Bad request", "status": 400}', 'refused'],
  [
    'delete',
    404,
    `{"message":"No group record found with id '6' and timestamp '1.5'","status":404}`,
    'missing',
  ],
  ['delete', 400, '{"message": "Perhaps the object exists.", "status": 400}', 'refused'],
];

const path: readonly Row[] = [
  ['read', 404, '{"error":"Group not found"}', 'absent'],
  ['read', 410, '{"error":"Group not found"}', 'refused'],
  ['create', 404, '{"error":"Group not found"}', 'refused'],
  ['create', 409, '{"error":"Group already exists"}', 'refused'],
  ['create', 400, '{"error":"Group already exists"}', 'exists'],
  ['create', 400, '{"error":"Bad request"}', 'refused'],
  ['create', 400, '{"message": "Perhaps the object exists.", "status": 400}', 'refused'],
  ['delete', 404, '{"error":"Group not found"}', 'missing'],
];

describe.each([
  ['header', headerDialect, header],
  ['path', pathDialect, path],
] as const)('the %s dialect', (_name, dialect, own) => {
  test.each([...shared, ...own])('takes %s %i %s for %s', (kind, status, body, verdict) => {
    expect(dialect.classify(kind, answer(status, body))).toBe(verdict);
  });
});

test.each<[number, string, boolean, boolean]>([
  [500, '{"message":"InternalServerError due to Random Behavior","status":500}', true, false],
  [408, '{"message":"Timeout due to Random Behavior","status":408}', true, false],
  [500, '{"message":"from a gateway"}', false, false],
  [500, '{"error":"Internal server error"}', false, true],
  [500, '<html>', false, false],
  [500, '', false, false],
])('%i %s is the node speaking: header dialect %o, path dialect %o', (status, body, inHeader, inPath) => {
  expect(headerDialect.isOwnAnswer?.(answer(status, body))).toBe(inHeader);
  expect(pathDialect.isOwnAnswer?.(answer(status, body))).toBe(inPath);
});
