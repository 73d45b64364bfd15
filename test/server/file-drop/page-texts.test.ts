import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { readEvents } from '../../../src/server/file-drop/page/client/event-stream.ts';
import { compareAge, type Pod, timeOf } from '../../../src/server/file-drop/page/client/pod.ts';
import { collect } from '../../file-drop/drop-cluster.ts';

test('the page that is served is made of the files as they are', async () => {
  const check = promisify(execFile)(process.execPath, ['.ci/build-page.js', '--check']);
  await expect(check).resolves.toMatchObject({ stderr: '' });
});

test('events are read whole, wherever the stream is cut', async () => {
  const text = 'event: pods\ndata: [1]\n\n: still here\n\ndata: a\r\ndata: b\r\n\r\nevent: cut\n';
  async function* cutAt(size: number) {
    for (let at = 0; at < text.length; at += size) yield text.slice(at, at + size);
  }
  const expected = [
    { name: 'pods', data: '[1]' },
    { name: '', data: '' },
    { name: 'message', data: 'a\nb' },
  ];
  for (const size of [1, 2, 3, 7, 1_000]) expect(await collect(readEvents(cutAt(size)))).toEqual(expected);
});

const pod = (more: Partial<Pod>): Pod => ({ id: 'i', filename: 'f', phase: 'Pending', pod: 'p', ...more });
const at = (seconds: number) => new Date(seconds * 1_000).toISOString();

test.each<[string, Partial<Pod>]>([
  ['waits 12 s', { createdAt: at(88) }],
  ['40 s', { phase: 'Running', createdAt: at(1), startedAt: at(60) }],
  ['< 1 s', { phase: 'Running', startedAt: at(200) }],
  ['1 min 05 s', { phase: 'Failed', startedAt: at(0), finishedAt: at(65) }],
  ['2 h 03 min', { phase: 'Succeeded', startedAt: at(0), finishedAt: at(7_399) }],
  ['–', { phase: 'Failed', createdAt: at(1) }],
])('time is shown as %s', (text, more) => {
  expect(timeOf(pod(more), 100_000)).toBe(text);
});

test('the newest files come first, and those of one second by number and name', () => {
  const pods = [
    pod({ filename: 'b10', createdAt: at(1), pod: '1' }),
    pod({ filename: 'b9', createdAt: at(1), pod: '2' }),
    pod({ filename: 'z', createdAt: at(2), pod: '3' }),
  ];
  expect(pods.sort(compareAge).map(({ filename }) => filename)).toEqual(['z', 'b9', 'b10']);
});
