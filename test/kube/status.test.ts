import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parseStatus } from '../../src/kube/status.ts';
import { status } from './api-server.ts';

test('a Status is told by what it says, not by its kind', () => {
  const late =
    '{"metadata":{},"status":"Failure","message":"Timeout","reason":"Timeout","details":{},"code":504}\n';
  expect(parseStatus(late)).toMatchObject({ code: 504, reason: 'Timeout', message: 'Timeout' });
});

test.each([
  ['no JSON', '404 page not found'],
  ['a backend’s own error', '{"error":{"code":-32000}}'],
  ['a success', JSON.stringify({ kind: 'Status', status: 'Success' })],
  ['another kind', JSON.stringify({ ...status(500, '', ''), kind: 'Pod' })],
  ['null', 'null'],
])('%s is none', (_, body) => {
  expect(parseStatus(body)).toBeUndefined();
});

test('the new value of an immutable field stands in no message', () => {
  const value =
    'core.PodTemplateSpec{Env:[]core.EnvVar{Name:"T", Value:"hunter2: x"}, A:map[string]string{}}';
  const message = `Job.batch "a" is invalid: spec.template: Invalid value: ${value}: field is immutable`;
  const causes = [
    { reason: 'FieldValueInvalid', message: `Invalid value: ${value}: field is immutable`, field: 'f' },
  ];
  const parsed = parseStatus(status(422, 'Invalid', message, { details: { causes } }));
  expect(parsed?.message).toBe(
    'Job.batch "a" is invalid: spec.template: Invalid value: core.PodTemplateSpec{…}: field is immutable',
  );
  expect(JSON.stringify(parsed)).not.toContain('hunter2');
});

const recorded = JSON.parse(
  readFileSync(new URL('../fixtures/kube/19-pod-life.json', import.meta.url), 'utf8'),
) as { exchanges: { note: string; response: { body: object } }[] };
const immutable = recorded.exchanges.find(({ note }) => note === 'spec is nearly immutable: 422');

test('a difference of two objects stands in no message', () => {
  const parsed = parseStatus(immutable?.response.body);
  expect(parsed?.message).toContain('pod updates may not change fields other than');
  expect(JSON.stringify(parsed)).not.toMatch(/NodeName|fake-node-1|identical/);
});

test.each([
  ['no type in front', 'spec: Invalid value: {"env":[{"value":"hunter2"}]}: field is immutable'],
  ['a quoted one', 'patch: Invalid value: "{\\"data\\":{\\"t\\":\\"hunter2\\"}}": must be an object'],
  ['a pointer', 'spec: Invalid value: &core.PodSpec{Env: "hunter2"}: field is immutable'],
  ['another word', 'spec.env[1]: Duplicate value: {"name":"a","value":"hunter2"}'],
  ['no end', 'spec: Invalid value: core.PodSpec{Env: []core.EnvVar{core.EnvVar{Value: "hunter2'],
  ['several', '[a: Invalid value: X{"hunter2"}: no, b: Invalid value: {"hunter2"}: no]'],
])('an object in a message goes, with %s', (_, message) => {
  const causes = [{ reason: 'FieldValueInvalid', message, field: 'f' }];
  const parsed = parseStatus(
    status(422, 'Invalid', `Pod "a" is invalid: ${message}`, { details: { causes } }),
  );
  expect(parsed?.message).toMatch(/^Pod "a" is invalid: .*value: .*\{…\}/);
  expect(JSON.stringify(parsed)).not.toContain('hunter2');
});

test('a continue token in an expired answer is found', () => {
  const body = status(410, 'Expired', 'too old', { metadata: { continue: 'next' } });
  expect(parseStatus(body)?.continueToken).toBe('next');
});
