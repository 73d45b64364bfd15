import * as v from 'valibot';
import { parseConfig } from '../../config-action/load-config.ts';
import type { ConfigEndpoint } from '../../config-action/requester-config.ts';
import type { Random } from '../../core/clock.ts';
import { DetailError } from '../detail.ts';
import { readJson } from '../read-json.ts';
import type { CallGate } from './call-gate.ts';
import { callPod, firstPod } from './call-pod.ts';
import type { AppSettings } from './options.ts';
import { targetOf, targetReference } from './references.ts';
import type { ProcessAnswer } from './wire.ts';

/** `POST /waku/relay`: a message of random bytes, published by the first pod of a target in its own shard. */
export async function relayRoute(
  request: Request,
  settings: AppSettings,
  gate: CallGate,
): Promise<ProcessAnswer> {
  const { config, pods, maxRequestBytes } = settings;
  const body = await readJson(request, relayBody, maxRequestBytes);
  const target = { ...targetOf(body.target, config), port: body.port };
  const pod = await firstPod(pods, target, request.signal);
  const topic = `/waku/2/rs/${body.cluster_id}/${shardOf(pod.name)}`;
  const endpoint = () => {
    const payload = randomBase64(Math.round(body.msg_size_kbytes * 1000), settings.calls.random);
    return relayEndpoint(topic, { payload, contentTopic: body.content_topic, version: 1 });
  };
  return callPod({ gate, settings }, pod, endpoint, request.signal);
}

function relayEndpoint(topic: string, params: object): ConfigEndpoint {
  const url = `http://{node}:{port}/relay/v1/messages/${encodeURIComponent(topic)}`;
  const [endpoint] = parseConfig({
    endpoints: [{ name: 'waku-relay', url, type: 'POST', params }],
  }).endpoints.values();
  if (endpoint === undefined) throw new TypeError('what was read is not there');
  return endpoint;
}

/** Pods are named as `relay-3-0`: the number in the middle is their shard. */
function shardOf(pod: string): string {
  const [, shard = ''] = pod.split('-');
  if (shard !== '') return shard;
  throw new DetailError(500, `the pod ${JSON.stringify(pod)} has no shard in its name (as relay-3-0 has 3)`);
}

/** Without padding, as Waku nodes take it. */
function randomBase64(size: number, random: Random): string {
  const bytes = Buffer.allocUnsafe(size);
  for (let at = 0; at < size; at += 1) bytes[at] = Math.floor(random() * 256);
  return bytes.toString('base64').replace(/=+$/, '');
}

const wholeNumber = (least: number, most: number) =>
  v.custom<number>(
    (value) => Number.isInteger(value) && Number(value) >= least && Number(value) <= most,
    ({ received }) => `expected a whole number from ${least} to ${most}, received ${received}`,
  );

const relayBody = v.object({
  target: targetReference,
  content_topic: v.custom<string>(
    (value) => typeof value === 'string' && value !== '',
    'expected a content topic such as "/my-app/1/dst/proto"',
  ),
  cluster_id: wholeNumber(0, 65_535),
  port: wholeNumber(1, 65_535),
  msg_size_kbytes: v.custom<number>(
    (value) => typeof value === 'number' && value >= 0 && value <= 1_000,
    ({ received }) => `expected a number of kilobytes from 0 to 1000, received ${received}`,
  ),
});
