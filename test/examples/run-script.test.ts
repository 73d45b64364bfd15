import { FaultPlan, startGroupNodes } from 'holdfast/testing';
import { expect, test } from 'vitest';
import { nodesOption, startJob } from './job.ts';

test.each([
  ['create-one', 'x', '--failures', '1'],
  ['stats', '--dialect', 'path', '--failures', '1'],
])('Ctrl-C ends %s before anything was written with one word', async (...args) => {
  using running = startJob(...args);
  await running.printed('of requests fail\n');
  running.interrupt();
  const { code, out, err } = await running.end;
  expect({ code, out }).toEqual({ code: 130, out: '' });
  expect(err).toMatch(/\ninterrupted\n$/);
  expect(err).not.toContain('    at ');
});

test('Ctrl-C undoes what was written before it says so', async () => {
  const faults = FaultPlan.script([
    { node: 'node02', method: 'POST', fault: 'error-before', times: Number.POSITIVE_INFINITY },
  ]);
  await using nodes = await startGroupNodes({ nodes: 2, faults });
  using running = startJob('create-one', 'x', '--dialect', 'path', '--nodes', nodesOption(nodes.urls));
  await expect.poll(() => nodes.records().get('node01')).toHaveLength(1);
  running.interrupt();
  const { code, out, err } = await running.end;
  expect({ code, out }).toEqual({ code: 130, out: '' });
  expect(err).toMatch(/^(undoing .*\n)?interrupted\n$/);
  expect([...nodes.records().values()]).toEqual([[], []]);
});

test('a second Ctrl-C ends at once, although the undo goes on', async () => {
  const faults = FaultPlan.script([
    { node: 'node02', method: 'POST', fault: 'error-before', times: Number.POSITIVE_INFINITY },
    { method: 'DELETE', fault: 'error-before', times: Number.POSITIVE_INFINITY },
  ]);
  await using nodes = await startGroupNodes({ nodes: 2, faults });
  using running = startJob('create-one', 'x', '--dialect', 'path', '--nodes', nodesOption(nodes.urls));
  await expect.poll(() => nodes.records().get('node01')).toHaveLength(1);
  running.interrupt();
  await running.printed('another Ctrl-C ends at once');
  running.interrupt();
  expect(await running.end).toMatchObject({ code: 130, out: '' });
  expect(nodes.records().get('node01')).toHaveLength(1);
});

test('Ctrl-C in the demo shows the table of the step it met, and begins no other', async () => {
  using running = startJob('demo', '--dialect', 'path', '--count', '1000000');
  await running.printed('create: 0 of 1000000');
  running.interrupt();
  const { code, out, err } = await running.end;
  expect(code).toBe(130);
  expect(out).toMatch(/^created .*\n[\s\S]*time \(s\) +[\d.]+\n$/);
  expect(out.match(/time/g)).toHaveLength(1);
  expect(out).not.toContain('consistent:');
  expect(err).not.toContain('stats:');
  expect(err).toMatch(/\ninterrupted\n$/);
});

test('ends without a word where nobody reads on', async () => {
  using running = startJob('demo', '--count', '1');
  running.stopReading();
  const { code, err } = await running.end;
  expect(code).toBe(141);
  expect(err).not.toMatch(/EPIPE|interrupted| {4}at /);
  expect(err).not.toContain('delete:');
});
