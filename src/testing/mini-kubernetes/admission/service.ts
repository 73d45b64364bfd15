import { type JsonObject, listAt, objectAt, stringAt } from '../store/json.ts';
import { type FieldError, invalidValue, requiredValue } from './field-error.ts';
import { validatePort } from './pod-spec.ts';

/** A Service's spec with what the API server fills in; `address` is called where it gets a clusterIP. */
export function defaultServiceSpec(spec: JsonObject, address: () => string): JsonObject {
  const type = spec['type'] ?? 'ClusterIP';
  const { ports, sessionAffinity = 'None' } = spec;
  const common = {
    ...spec,
    ...(ports === undefined ? {} : { ports: listAt(ports).map(defaultPort) }),
    type,
    sessionAffinity,
  };
  if (type === 'ExternalName') return common;
  const clusterIP = spec['clusterIP'] || address();
  return {
    ...common,
    clusterIP,
    clusterIPs: spec['clusterIPs'] ?? [clusterIP],
    ipFamilies: spec['ipFamilies'] ?? ['IPv4'],
    ipFamilyPolicy: spec['ipFamilyPolicy'] ?? 'SingleStack',
    internalTrafficPolicy: spec['internalTrafficPolicy'] ?? 'Cluster',
  };
}

function defaultPort(given: unknown): JsonObject {
  const port = objectAt(given);
  return { ...port, protocol: port['protocol'] ?? 'TCP', targetPort: port['targetPort'] || port['port'] };
}

/** What is wrong with a Service's spec after defaulting. */
export function validateService(spec: JsonObject): FieldError[] {
  const ports = listAt(spec['ports']).map(objectAt);
  if (spec['type'] === 'ExternalName') {
    return stringAt(spec['externalName']) === '' ? [requiredValue('spec.externalName')] : [];
  }
  if (ports.length === 0) return spec['clusterIP'] === 'None' ? [] : [requiredValue('spec.ports')];
  return ports.flatMap((port, index) => {
    const field = `spec.ports[${index}]`;
    const { targetPort } = port;
    return [
      ...(ports.length > 1 && stringAt(port['name']) === '' ? [requiredValue(`${field}.name`)] : []),
      ...validatePort(`${field}.port`, port['port']),
      ...(typeof targetPort === 'number' ? validatePort(`${field}.targetPort`, targetPort) : []),
    ];
  });
}

export function validateServiceUpdate(before: JsonObject, after: JsonObject): FieldError[] {
  const { clusterIP } = before;
  if (clusterIP === undefined || after['type'] === 'ExternalName' || after['clusterIP'] === clusterIP)
    return [];
  const list = { toString: () => `[]string{${JSON.stringify(after['clusterIP'])}}` };
  return [invalidValue('spec.clusterIPs[0]', list, 'may not change once set')];
}
