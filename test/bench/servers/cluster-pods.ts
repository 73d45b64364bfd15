import { subscribe } from 'node:diagnostics_channel';
import type { IncomingMessage } from 'node:http';
import { startMiniKubernetes } from 'holdfast/testing';
import { say } from '../child.ts';
import { podAt } from '../pod-calls.ts';

// An API server that counts its requests, with pods of the service `web` that run elsewhere.
// Arguments: how many pods; how many addresses they share.
const [pods = '', addresses = ''] = process.argv.slice(2);

const kubernetes = await startMiniKubernetes();
await kubernetes.addService({ name: 'web', selector: { app: 'web' } });
for (let number = 0; number < Number(pods); number++) {
  const { ip } = podAt(number % Number(addresses));
  await kubernetes.addPod({ name: `web-${number}`, labels: { app: 'web' }, ip });
}

let requests = 0;
const port = Number(new URL(kubernetes.url).port);
subscribe('http.server.request.start', (message) => {
  const { request } = message as { request: IncomingMessage };
  if (request.socket.localPort === port) requests++;
});
process.on('message', () => say({ requests }));
process.once('SIGTERM', () => void kubernetes.close().then(() => process.exit()));

say({ kubeconfig: kubernetes.kubeconfig });
