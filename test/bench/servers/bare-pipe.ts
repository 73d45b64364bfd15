import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { say } from '../child.ts';
import { peakMemory } from '../peak-memory.ts';

// Writes each body to a file, and that is all.
const directory = await mkdtemp(join(tmpdir(), 'bench-pipe-'));
const server = createServer(async (request, response) => {
  await pipeline(request, createWriteStream(join(directory, randomUUID())));
  response.end();
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');

peakMemory();
process.once('SIGTERM', async () => {
  await rm(directory, { recursive: true, force: true });
  process.exit();
});
say({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
