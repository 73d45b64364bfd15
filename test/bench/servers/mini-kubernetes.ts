import { subscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';
import { startMiniKubernetes } from 'holdfast/testing';
import { say } from '../child.ts';

const kubernetes = await startMiniKubernetes();
const port = Number(new URL(kubernetes.url).port);

let connections = 0;
subscribe('net.server.socket', (message) => {
  const { socket } = message as { socket: Socket };
  if (socket.localPort === port) connections++;
});
process.on('message', () => say({ connections }));
process.once('SIGTERM', () => void kubernetes.close().then(() => process.exit()));

say({ kubeconfig: kubernetes.kubeconfig });
