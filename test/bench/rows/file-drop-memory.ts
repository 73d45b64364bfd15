import { Readable } from 'node:stream';
import { request } from 'undici';
import type { BenchRow } from '../bench-row.ts';
import { type Child, startChild } from '../child.ts';
import type { Memory } from '../peak-memory.ts';

const FILE_MB = 200;
const BUDGET_MB = 64;

export const row: BenchRow = {
  measure: async () => {
    await using kubernetes = startChild(new URL('../servers/mini-kubernetes.ts', import.meta.url));
    const { kubeconfig } = await kubernetes.heard<{ kubeconfig: string }>();
    await using drop = startChild(new URL('../servers/file-drop.ts', import.meta.url), [kubeconfig]);
    await using pipe = startChild(new URL('../servers/bare-pipe.ts', import.meta.url));
    const ours = await growth(drop);
    const floor = await growth(pipe);
    return [
      {
        what: `${FILE_MB} MB through the drop server, the second of two, against a bare pipe: memory`,
        ours: `${ours.toFixed(1)} MB more`,
        floor: `${floor.toFixed(1)} MB more`,
        ratio: ours / Math.max(floor, 0.1),
        budget: `< ${BUDGET_MB} MB more`,
        met: ours < BUDGET_MB,
      },
    ];
  },
};

/** What a second file makes the server grow by while it comes. */
async function growth(server: Child): Promise<number> {
  const { url } = await server.heard<{ url: string }>();
  await send(url);
  const { now } = await server.ask<Memory>('memory');
  await send(url);
  const { peak } = await server.ask<Memory>('memory');
  return Math.max(0, peak - now);
}

async function send(url: string): Promise<void> {
  const head =
    '--edge\r\nContent-Disposition: form-data; name="files[]"; filename="large.bin"\r\n' +
    'Content-Type: application/octet-stream\r\n\r\n';
  const chunk = Buffer.alloc(64_000, 'x');
  function* parts() {
    yield Buffer.from(head);
    for (let sent = 0; sent < FILE_MB * 1_000_000; sent += chunk.length) yield chunk;
    yield Buffer.from('\r\n--edge--\r\n');
  }
  const headers = { 'content-type': 'multipart/form-data; boundary=edge' };
  const { statusCode, body } = await request(url, { method: 'POST', headers, body: Readable.from(parts()) });
  const text = await body.text();
  if (statusCode !== 200) throw new Error(`the server answered ${statusCode}: ${text}`);
}
