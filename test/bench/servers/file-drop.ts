import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectKubernetes, diskStore } from 'holdfast';
import { fileDropApp, serve } from 'holdfast/server';
import { say } from '../child.ts';
import { peakMemory } from '../peak-memory.ts';

// A drop server whose cluster is elsewhere. Argument: the path of its kubeconfig.
const [kubeconfig = ''] = process.argv.slice(2);

const directory = await mkdtemp(join(tmpdir(), 'bench-drop-'));
const kube = connectKubernetes({ kubeconfig });
const app = fileDropApp({
  kube,
  store: diskStore(directory),
  image: 'none',
  fileUrl: 'http://127.0.0.1:1/backend/static',
  apiUrl: 'http://127.0.0.1:1/',
});
const server = await serve(app);

peakMemory();
process.once('SIGTERM', async () => {
  await server.close();
  await app.close();
  await rm(directory, { recursive: true, force: true });
  process.exit();
});
say({ url: `${server.url}/backend/files` });
