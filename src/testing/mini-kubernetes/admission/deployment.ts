import { isDeepStrictEqual } from 'node:util';
import { compact, type JsonObject, objectAt, stringAt } from '../store/json.ts';
import {
  type FieldError,
  forbiddenValue,
  inGo,
  invalidValue,
  mapInGo,
  notNegative,
  requiredValue,
  unsupportedValue,
} from './field-error.ts';
import { isEmptySelector, selectorMatches } from './label-selector.ts';
import { defaultPodSpec } from './pod-spec.ts';
import { validatePodTemplate } from './pod-template.ts';

/** A Deployment's spec with what the API server fills in. */
export function defaultDeploymentSpec(given: JsonObject): JsonObject {
  const spec = compact(given);
  const template = objectAt(spec['template']);
  return {
    ...spec,
    replicas: spec['replicas'] ?? 1,
    template: {
      ...template,
      metadata: { ...objectAt(template['metadata']), creationTimestamp: null },
      spec: defaultPodSpec(objectAt(template['spec'])),
    },
    strategy: defaultStrategy(objectAt(spec['strategy'])),
    revisionHistoryLimit: spec['revisionHistoryLimit'] ?? 10,
    progressDeadlineSeconds: spec['progressDeadlineSeconds'] ?? 600,
  };
}

function defaultStrategy(strategy: JsonObject): JsonObject {
  const type = strategy['type'] ?? ROLLING;
  if (type !== ROLLING) return { ...strategy, type };
  const share = { maxUnavailable: '25%', maxSurge: '25%' };
  return { type, rollingUpdate: { ...share, ...compact(objectAt(strategy['rollingUpdate'])) } };
}

const ROLLING = 'RollingUpdate';
const STRATEGIES = ['Recreate', ROLLING];

/** What is wrong with a Deployment's spec after defaulting. */
export function validateDeployment(spec: JsonObject): FieldError[] {
  return [
    ...COUNTS.flatMap((count) => notNegative(`spec.${count}`, spec[count])),
    ...validateSelector(spec),
    ...validateTemplate(objectAt(spec['template'])),
    ...validateStrategy(objectAt(spec['strategy'])),
  ];
}

const COUNTS = ['replicas', 'minReadySeconds', 'revisionHistoryLimit', 'progressDeadlineSeconds'];

/** What an update changes that may not be changed. */
export function validateDeploymentUpdate(before: JsonObject, after: JsonObject): FieldError[] {
  if (isDeepStrictEqual(before['selector'], after['selector'])) return [];
  return [invalidValue('spec.selector', inGo('v1.LabelSelector', after['selector']), 'field is immutable')];
}

function validateSelector({ selector: given, template }: JsonObject): FieldError[] {
  if (given === undefined) return [requiredValue('spec.selector')];
  const selector = objectAt(given);
  if (isEmptySelector(selector)) {
    const why = 'empty selector is invalid for deployment';
    return [invalidValue('spec.selector', inGo('v1.LabelSelector', selector), why)];
  }
  const labels = objectAt(objectAt(objectAt(template)['metadata'])['labels']);
  if (selectorMatches(selector, labels)) return [];
  const why = '`selector` does not match template `labels`';
  return [invalidValue('spec.template.metadata.labels', mapInGo(labels), why)];
}

/** Its pods are kept running. */
function validateTemplate(template: JsonObject): FieldError[] {
  const { restartPolicy, activeDeadlineSeconds } = objectAt(template['spec']);
  const policy = stringAt(restartPolicy);
  const field = 'spec.template.spec';
  return [
    ...validatePodTemplate('spec.template', template),
    ...(policy === 'Always'
      ? []
      : [unsupportedValue(`${field}.restartPolicy`, JSON.stringify(policy), ['Always'])]),
    ...(activeDeadlineSeconds === undefined
      ? []
      : [
          forbiddenValue(
            `${field}.activeDeadlineSeconds`,
            'activeDeadlineSeconds in ReplicaSet is not Supported',
          ),
        ]),
  ];
}

function validateStrategy(strategy: JsonObject): FieldError[] {
  const type = stringAt(strategy['type']);
  if (!STRATEGIES.includes(type)) {
    return [unsupportedValue('spec.strategy.type', JSON.stringify(type), STRATEGIES)];
  }
  if (type !== ROLLING) {
    const why = `may not be specified when strategy \`type\` is '${type}'`;
    return strategy['rollingUpdate'] === undefined
      ? []
      : [forbiddenValue('spec.strategy.rollingUpdate', why)];
  }
  const rolling = objectAt(strategy['rollingUpdate']);
  const field = 'spec.strategy.rollingUpdate';
  const errors = ['maxUnavailable', 'maxSurge'].flatMap((name) =>
    validateAmount(`${field}.${name}`, rolling[name]),
  );
  if (errors.length > 0 || !isNone(rolling['maxUnavailable']) || !isNone(rolling['maxSurge'])) return errors;
  return [
    invalidValue(`${field}.maxUnavailable`, rolling['maxUnavailable'], 'may not be 0 when `maxSurge` is 0'),
  ];
}

/** A number of pods, or a share of them. */
function validateAmount(field: string, amount: unknown): FieldError[] {
  if (typeof amount === 'number') return notNegative(field, amount);
  if (/^\d+%$/.test(stringAt(amount))) return [];
  const why =
    "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used " +
    "for validation is '[0-9]+%')";
  return [invalidValue(field, amount, why)];
}

const isNone = (amount: unknown) => Number.parseInt(String(amount), 10) === 0;
