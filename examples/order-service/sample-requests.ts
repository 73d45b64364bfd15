import { FaultPlan } from 'holdfast/testing';
import { printTable } from '../support/table.ts';

/** What the nodes do to some of the orders below. */
export function sampleFaults(): FaultPlan {
  const always = Number.POSITIVE_INFINITY;
  return FaultPlan.script([
    { key: 'failing', method: 'POST', fault: 'error-before', times: 3 },
    { key: 'answer-lost', method: 'POST', node: 'node02', fault: 'reset-after' },
    { key: 'node-away', method: 'GET', node: 'node02', fault: 'unavailable', times: always },
    { key: 'node-refuses', method: 'POST', node: 'node03', fault: 'error-before', times: always },
    { key: 'hung-up-on', method: 'POST', node: 'node02', fault: 'hang-before' },
    // Its undo fails as well, for longer than an operation may take; a later recovery ends it.
    { key: 'left-apart', method: 'POST', node: 'node03', fault: 'error-before', times: always },
    { key: 'left-apart', method: 'DELETE', node: 'node01', fault: 'error-before', times: 20 },
  ]);
}

/** Shows each of the endings: sends the service requests until the signal aborts, and prints what comes of them. */
export async function sendSamples(url: string, signal: AbortSignal): Promise<void> {
  try {
    await sendAll(url, signal);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

async function sendAll(url: string, signal: AbortSignal): Promise<void> {
  const put = (id: string, hangUp?: AbortSignal) => send(url, 'PUT', id, signal, hangUp);
  await put('plain');
  await Promise.all([
    put('failing'),
    put('answer-lost'),
    put('node-away'),
    put('node-refuses'),
    put('left-apart'),
    put('hung-up-on', AbortSignal.timeout(700)),
  ]);
  for (const method of ['PUT', 'GET', 'DELETE', 'GET']) await send(url, method, 'plain', signal);
}

async function send(
  url: string,
  method: string,
  id: string,
  signal: AbortSignal,
  hangUp?: AbortSignal,
): Promise<void> {
  signal.throwIfAborted();
  const line = `${method} /orders/${id}`.padEnd(24);
  try {
    const answer = await fetch(`${url}/orders/${id}`, {
      method,
      signal: hangUp === undefined ? signal : AbortSignal.any([signal, hangUp]),
    });
    const text = await answer.text();
    printTable([[line, String(answer.status), text.trim()]]);
  } catch (error) {
    if (hangUp?.aborted !== true) throw error;
    printTable([[line, '---', 'the caller hung up']]);
  }
}
