import type { ServerResponse } from 'node:http';
import type { LogLine, PodLogs } from '../kubelet/pod-logs.ts';
import type { Pod } from '../store/objects.ts';
import { badRequest, notFound } from '../store/refusals.ts';
import { RESOURCES } from '../store/resources.ts';
import type { Store } from '../store/store.ts';
import { type LogOptions, parseLogOptions } from './pod-log-options.ts';
import type { PodRequest } from './pod-request.ts';

/**
 * Answers pods/log: text, or 204 for a pod on no node.
 * @throws StatusError 400, 404, 422.
 */
export function answerLog(
  { store, logs }: { readonly store: Store; readonly logs: PodLogs },
  { info: { namespace, name }, query, response }: PodRequest,
): void {
  const options = parseLogOptions(query, name);
  const pod = store.get('pods', namespace, name);
  if (pod === undefined) throw notFound(RESOURCES.pods, name);
  const container = chooseContainer(pod, options.container);
  if (pod.spec.nodeName === undefined) {
    response.writeHead(204, { 'Cache-Control': NO_CACHE }).end();
    return;
  }
  const { uid } = pod.metadata;
  const lines = logs.read(uid, container, options.previous ? 'previous' : 'current');
  if (lines === undefined) checkBegun(pod, container, options);
  response.writeHead(200, { 'Cache-Control': NO_CACHE, 'Content-Type': 'text/plain' });
  const chosen = chooseLines(lines ?? [], options, store.clock.now());
  const writer = limitedWriter(response, options);
  for (const line of chosen) writer(line);
  if (options.follow && !options.previous) follow(logs, uid, container, response, writer);
  else response.end();
}

const NO_CACHE = 'no-cache, private';

function chooseContainer({ metadata, spec }: Pod, asked: string | undefined): string {
  const names = spec.containers.map(({ name }) => name);
  const [first, ...others] = names;
  if (asked !== undefined) {
    if (names.includes(asked)) return asked;
    throw badRequest(`container ${asked} is not valid for pod ${metadata.name}`);
  }
  if (first === undefined || others.length > 0) {
    const choice = `choose one of: [${names.join(' ')}]`;
    throw badRequest(`a container name must be specified for pod ${metadata.name}, ${choice}`);
  }
  return first;
}

/** A pod that only stands for something has nothing to show; one that is still to begin says so. */
function checkBegun({ metadata, status }: Pod, container: string, { previous }: LogOptions): void {
  const subject = `container "${container}" in pod "${metadata.name}"`;
  if (previous) throw badRequest(`previous terminated ${subject} not found`);
  if (status.phase !== 'Pending') return;
  const state = status.containerStatuses?.find(({ name }) => name === container)?.state;
  throw badRequest(`${subject} is waiting to start: ${state?.waiting?.reason ?? 'ContainerCreating'}`);
}

function chooseLines(lines: readonly LogLine[], options: LogOptions, now: number): readonly LogLine[] {
  const { since, sinceSeconds, tailLines } = options;
  const from = since ?? (sinceSeconds === undefined ? undefined : now - sinceSeconds * 1000);
  const recent = from === undefined ? lines : lines.filter(({ at }) => at >= from);
  if (tailLines === undefined) return recent;
  return tailLines === 0 ? [] : recent.slice(-tailLines);
}

/** Writes lines until `limitBytes` are written: the last one may be cut. */
function limitedWriter(response: ServerResponse, options: LogOptions): (line: LogLine) => void {
  let left = options.limitBytes ?? Number.POSITIVE_INFINITY;
  return ({ at, text }) => {
    if (left <= 0) return;
    const bytes = Buffer.from(`${options.timestamps ? `${new Date(at).toISOString()} ` : ''}${text}\n`);
    response.write(bytes.length > left ? bytes.subarray(0, left) : bytes);
    left -= bytes.length;
  };
}

function follow(
  logs: PodLogs,
  uid: string,
  container: string,
  response: ServerResponse,
  onLine: (line: LogLine) => void,
): void {
  const stop = logs.follow(uid, container, { onLine, onEnd: () => response.end() });
  if (stop === undefined) response.end();
  else response.on('close', stop);
  response.flushHeaders();
}
