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

test('a continue token in an expired answer is found', () => {
  const body = status(410, 'Expired', 'too old', { metadata: { continue: 'next' } });
  expect(parseStatus(body)?.continueToken).toBe('next');
});
