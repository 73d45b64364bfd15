import { isDeepStrictEqual } from 'node:util';
import { type JsonObject, listAt, objectAt, stringAt } from '../store/json.ts';
import {
  duplicateValue,
  type FieldError,
  forbiddenValue,
  invalidValue,
  requiredValue,
  unsupportedValue,
} from './field-error.ts';
import { dnsLabelFaults, portNameFaults } from './names.ts';
import { validateMounts, validateVolumes } from './pod-volumes.ts';

/** A pod's or template's spec with what the API server fills in, in the body of a create. */
export function defaultPodSpec(spec: JsonObject): JsonObject {
  const { volumes, initContainers, serviceAccountName } = spec;
  return {
    ...spec,
    ...(volumes === undefined ? {} : { volumes: listAt(volumes).map(defaultVolume) }),
    ...(initContainers === undefined ? {} : { initContainers: listAt(initContainers).map(defaultContainer) }),
    ...(spec['containers'] === undefined
      ? {}
      : { containers: listAt(spec['containers']).map(defaultContainer) }),
    restartPolicy: spec['restartPolicy'] ?? 'Always',
    terminationGracePeriodSeconds: spec['terminationGracePeriodSeconds'] ?? 30,
    dnsPolicy: spec['dnsPolicy'] ?? 'ClusterFirst',
    ...(serviceAccountName === undefined ? {} : { serviceAccount: serviceAccountName }),
    securityContext: spec['securityContext'] ?? {},
    schedulerName: spec['schedulerName'] ?? 'default-scheduler',
  };
}

/** What is filled in for pods only, not for templates. */
export function admitPodSpec(spec: JsonObject): JsonObject {
  const serviceAccount = spec['serviceAccountName'] ?? 'default';
  return {
    ...spec,
    serviceAccountName: serviceAccount,
    serviceAccount,
    tolerations: withTolerations(listAt(spec['tolerations'])),
    priority: spec['priority'] ?? 0,
    enableServiceLinks: spec['enableServiceLinks'] ?? true,
    preemptionPolicy: spec['preemptionPolicy'] ?? 'PreemptLowerPriority',
  };
}

/** `BestEffort`, `Burstable` or `Guaranteed`, by what the containers ask for. */
export function qosClass(spec: JsonObject): string {
  const resources = listAt(spec['containers']).map((container) => objectAt(objectAt(container)['resources']));
  const parts = resources.map(({ limits, requests }) => ({
    limits: objectAt(limits),
    requests: objectAt(requests),
  }));
  if (parts.every((part) => isEmpty(part.limits) && isEmpty(part.requests))) return 'BestEffort';
  const guaranteed = parts.every(({ limits, requests }) =>
    ['cpu', 'memory'].every(
      (kind) => limits[kind] !== undefined && (requests[kind] ?? limits[kind]) === limits[kind],
    ),
  );
  return guaranteed ? 'Guaranteed' : 'Burstable';
}

const isEmpty = (object: JsonObject) => Object.keys(object).length === 0;

const TOLERATIONS = ['not-ready', 'unreachable'].map((condition) => ({
  key: `node.kubernetes.io/${condition}`,
  operator: 'Exists',
  effect: 'NoExecute',
  tolerationSeconds: 300,
}));

/** Those that are missing are added: on each update, too. */
const withTolerations = (given: readonly unknown[]) => [
  ...given,
  ...TOLERATIONS.filter(({ key }) => !given.some((one) => toleratesEviction(objectAt(one), key))),
];

const toleratesEviction = ({ key, effect }: JsonObject, taint: string) =>
  ['', taint].includes(stringAt(key)) && ['', 'NoExecute'].includes(stringAt(effect));

function defaultContainer(given: unknown): JsonObject {
  const container = objectAt(given);
  return {
    ...container,
    ...(container['ports'] === undefined
      ? {}
      : {
          ports: listAt(container['ports']).map((port) => ({
            ...objectAt(port),
            protocol: protocolOf(port),
          })),
        }),
    ...(container['env'] === undefined ? {} : { env: listAt(container['env']).map(defaultEnv) }),
    resources: defaultResources(objectAt(container['resources'])),
    terminationMessagePath: container['terminationMessagePath'] ?? '/dev/termination-log',
    terminationMessagePolicy: container['terminationMessagePolicy'] ?? 'File',
    imagePullPolicy: container['imagePullPolicy'] ?? pullPolicyOf(container['image']),
  };
}

const protocolOf = (port: unknown) => objectAt(port)['protocol'] ?? 'TCP';

/** What is limited is asked for, too. */
function defaultResources(resources: JsonObject): JsonObject {
  const { limits, requests } = resources;
  if (limits === undefined) return resources;
  return { ...resources, requests: { ...objectAt(limits), ...objectAt(requests) } };
}

function defaultEnv(given: unknown): JsonObject {
  const variable = objectAt(given);
  const fieldRef = objectAt(variable['valueFrom'])['fieldRef'];
  if (fieldRef === undefined) return variable;
  const valueFrom = {
    ...objectAt(variable['valueFrom']),
    fieldRef: { apiVersion: 'v1', ...objectAt(fieldRef) },
  };
  return { ...variable, valueFrom };
}

function defaultVolume(given: unknown): JsonObject {
  const volume = objectAt(given);
  const mounted = ['configMap', 'secret', 'projected', 'downwardAPI'].find(
    (kind) => volume[kind] !== undefined,
  );
  return mounted === undefined
    ? volume
    : { ...volume, [mounted]: { defaultMode: 0o644, ...objectAt(volume[mounted]) } };
}

/** The newest of an image is always pulled, a named version is not. */
const pullPolicyOf = (image: unknown) =>
  typeof image === 'string' && /(:latest|\/[^:@]*|^[^:@]*)$/.test(image) ? 'Always' : 'IfNotPresent';

/** What is wrong with a pod's or a template's spec; `field` is where it stands. */
export function validatePodSpec(field: string, spec: JsonObject): FieldError[] {
  const containers = listAt(spec['containers']).map(objectAt);
  const restartPolicy = stringAt(spec['restartPolicy']);
  return [
    ...(containers.length === 0 ? [requiredValue(`${field}.containers`)] : []),
    ...validateVolumes(field, spec),
    ...containers.flatMap((container, index) => [
      ...validateContainer(`${field}.containers[${index}]`, container, containers.slice(0, index)),
      ...validateMounts(`${field}.containers[${index}]`, container, spec),
    ]),
    ...listAt(spec['initContainers'])
      .map(objectAt)
      .flatMap((container, index) => [
        ...validateContainer(`${field}.initContainers[${index}]`, container, []),
        ...validateMounts(`${field}.initContainers[${index}]`, container, spec),
      ]),
    ...oneOf(`${field}.restartPolicy`, restartPolicy, RESTART_POLICIES),
  ];
}

const RESTART_POLICIES = ['Always', 'OnFailure', 'Never'];

const oneOf = (field: string, value: string, words: readonly string[]) =>
  words.includes(value) ? [] : [unsupportedValue(field, JSON.stringify(value), words)];

function validateContainer(
  field: string,
  container: JsonObject,
  before: readonly JsonObject[],
): FieldError[] {
  const name = stringAt(container['name']);
  return [
    ...(name === ''
      ? [requiredValue(`${field}.name`)]
      : dnsLabelFaults(name).map((why) => invalidValue(`${field}.name`, name, why))),
    ...(before.some((other) => other['name'] === name && name !== '')
      ? [duplicateValue(`${field}.name`, name)]
      : []),
    ...(stringAt(container['image']) === '' ? [requiredValue(`${field}.image`)] : []),
    ...validatePorts(`${field}.ports`, listAt(container['ports']).map(objectAt)),
    ...listAt(container['env']).flatMap((variable, index) =>
      stringAt(objectAt(variable)['name']) === '' ? [requiredValue(`${field}.env[${index}].name`)] : [],
    ),
    ...oneOf(`${field}.imagePullPolicy`, stringAt(container['imagePullPolicy']), PULL_POLICIES),
  ];
}

const PULL_POLICIES = ['Always', 'IfNotPresent', 'Never'];

function validatePorts(field: string, ports: readonly JsonObject[]): FieldError[] {
  const names = ports.map((port) => stringAt(port['name']));
  return ports.flatMap((port, index) => {
    const name = names[index] ?? '';
    const faults = name === '' ? [] : portNameFaults(name);
    return [
      ...faults.map((why) => invalidValue(`${field}[${index}].name`, name, why)),
      ...(name !== '' && names.indexOf(name) < index
        ? [duplicateValue(`${field}[${index}].name`, name)]
        : []),
      ...validatePort(`${field}[${index}].containerPort`, port['containerPort']),
    ];
  });
}

/** A port by its number. */
export function validatePort(field: string, port: unknown): FieldError[] {
  if (port === undefined || port === 0) return [requiredValue(field)];
  return typeof port === 'number' && (port < 1 || port > 65_535)
    ? [invalidValue(field, port, 'must be between 1 and 65535, inclusive')]
    : [];
}

/** A pod's spec is fixed but for images, its deadline, and tolerations that are added. */
export function validatePodUpdate(before: JsonObject, after: JsonObject): FieldError[] {
  if (isDeepStrictEqual(fixedPart(before, before), fixedPart(after, before))) return [];
  return [
    forbiddenValue(
      'spec',
      'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,' +
        '`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),' +
        '`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)' +
        difference(before, after),
    ),
  ];
}

/** The fields that differ, in the way of Go's `cmp.Diff`, with their values as JSON. */
function difference(before: JsonObject, after: JsonObject): string {
  const fields = Object.keys({ ...before, ...after }).filter(
    (field) => !isDeepStrictEqual(before[field], after[field]),
  );
  const lines = fields.flatMap((field) => {
    const name = field.charAt(0).toUpperCase() + field.slice(1);
    return [before, after].map((spec, index) => {
      const value = JSON.stringify(spec[field]) ?? 'nil';
      return `${index === 0 ? '-' : '+'} \t${name}: ${value},\n`;
    });
  });
  return `\n  core.PodSpec{\n${lines.join('')}  }\n`;
}

function fixedPart(spec: JsonObject, before: JsonObject): JsonObject {
  const { activeDeadlineSeconds: _, ...rest } = spec;
  const withoutImages = (containers: unknown) =>
    listAt(containers).map((container) => ({ ...objectAt(container), image: '' }));
  return {
    ...rest,
    containers: withoutImages(spec['containers']),
    initContainers: withoutImages(spec['initContainers']),
    tolerations: listAt(spec['tolerations']).slice(0, listAt(before['tolerations']).length),
  };
}
