import * as v from 'valibot';
import { readJson } from '../read-json.ts';
import { checkHost } from './allow-hosts.ts';
import type { CallGate } from './call-gate.ts';
import { callPod, firstPod } from './call-pod.ts';
import type { AppSettings } from './options.ts';
import { endpointOf, endpointReference, targetOf, targetReference } from './references.ts';
import type { ProcessAnswer } from './wire.ts';

/** `POST /process`: one request to the first pod of a target. */
export async function processRoute(
  request: Request,
  settings: AppSettings,
  gate: CallGate,
): Promise<ProcessAnswer> {
  const { config, pods, allowHosts, maxRequestBytes } = settings;
  const body = await readJson(request, processBody, maxRequestBytes);
  const target = targetOf(body.target, config);
  const endpoint = endpointOf(body.endpoint, config);
  if (body.endpoint.kind === 'config') checkHost(endpoint, target.port, allowHosts);
  const pod = await firstPod(pods, target, request.signal);
  return callPod({ gate, settings }, pod, () => endpoint, request.signal);
}

const processBody = v.object({ target: targetReference, endpoint: endpointReference });
