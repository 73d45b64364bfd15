import { isDeepStrictEqual } from 'node:util';
import { compact, type JsonObject, objectAt, stringAt, without } from '../store/json.ts';
import {
  type FieldError,
  inGo,
  invalidValue,
  mapInGo,
  notNegative,
  requiredValue,
  unsupportedValue,
} from './field-error.ts';
import { dnsLabelFaults } from './names.ts';
import { defaultPodSpec } from './pod-spec.ts';
import { validatePodTemplate } from './pod-template.ts';

/** A Job's spec with what the API server fills in; `name` and `uid` are those the Job will have. */
export function defaultJobSpec(given: JsonObject, name: string, uid: string): JsonObject {
  const spec = compact(given);
  const template = objectAt(spec['template']);
  const metadata = objectAt(template['metadata']);
  const own = spec['manualSelector'] === true ? {} : controllerLabels(name, uid);
  const selector = objectAt(spec['selector']);
  return {
    ...spec,
    ...defaultCounts(spec),
    backoffLimit: spec['backoffLimit'] ?? (spec['backoffLimitPerIndex'] === undefined ? 6 : MAX_INT32),
    ...(spec['manualSelector'] === true
      ? {}
      : {
          selector: {
            ...selector,
            matchLabels: { ...objectAt(selector['matchLabels']), [CONTROLLER_UID]: uid },
          },
        }),
    manualSelector: spec['manualSelector'] ?? false,
    template: {
      ...template,
      metadata: {
        ...metadata,
        creationTimestamp: null,
        ...(metadata['labels'] === undefined && Object.keys(own).length === 0
          ? {}
          : { labels: { ...objectAt(metadata['labels']), ...own } }),
      },
      spec: defaultPodSpec(objectAt(template['spec'])),
    },
    completionMode: spec['completionMode'] ?? 'NonIndexed',
    suspend: spec['suspend'] ?? false,
    podReplacementPolicy:
      spec['podReplacementPolicy'] ??
      (spec['podFailurePolicy'] === undefined ? 'TerminatingOrFailed' : 'Failed'),
  };
}

const CONTROLLER_UID = 'batch.kubernetes.io/controller-uid';
const MAX_INT32 = 2 ** 31 - 1;

/** The labels that tie pods to their Job, in the new form and in the old one. */
const controllerLabels = (name: string, uid: string): JsonObject => ({
  [CONTROLLER_UID]: uid,
  'batch.kubernetes.io/job-name': name,
  'controller-uid': uid,
  'job-name': name,
});

/** Neither given: one pod. Only `parallelism` given: a work queue, whose `completions` stay absent. */
function defaultCounts({ parallelism, completions }: JsonObject): JsonObject {
  if (parallelism === undefined && completions === undefined) return { parallelism: 1, completions: 1 };
  return { parallelism: parallelism ?? 1 };
}

/** What is wrong with a Job's spec after defaulting, its metadata apart. */
export function validateJob(name: string, spec: JsonObject, uid: string): FieldError[] {
  return [
    ...validateSelector(spec, uid),
    ...COUNTS.flatMap((count) => notNegative(`spec.${count}`, spec[count])),
    ...validateIndexes(name, spec),
    ...validateTemplate(objectAt(spec['template'])),
  ];
}

/** What an update changes that may not be changed. */
export function validateJobUpdate(before: JsonObject, after: JsonObject, started: boolean): FieldError[] {
  const indexed = before['completionMode'] === 'Indexed';
  // What decides on the nodes may still change in a suspended Job that never ran: queueing systems put it in.
  const fixedIn = before['suspend'] === true && !started ? withoutScheduling : (spec: JsonObject) => spec;
  const fixed = [
    ...(indexed && after['completions'] === after['parallelism'] ? [] : ['completions']),
    'selector',
    'template',
    'completionMode',
    'podFailurePolicy',
    'backoffLimitPerIndex',
    'managedBy',
    'successPolicy',
    'manualSelector',
  ];
  return fixed
    .filter((field) => !isDeepStrictEqual(fixedIn(before)[field], fixedIn(after)[field]))
    .map((field) =>
      invalidValue(`spec.${field}`, inGo(GO_TYPES[field] ?? '', after[field]), 'field is immutable'),
    );
}

const GO_TYPES: Readonly<Record<string, string>> = {
  selector: 'v1.LabelSelector',
  template: 'core.PodTemplateSpec',
  podFailurePolicy: 'batch.PodFailurePolicy',
  successPolicy: 'batch.SuccessPolicy',
};

/** Labels, annotations, node selector, node affinity, tolerations and scheduling gates of the template are left out. */
function withoutScheduling(spec: JsonObject): JsonObject {
  const template = objectAt(spec['template']);
  const pod = objectAt(template['spec']);
  return {
    ...spec,
    template: {
      ...template,
      metadata: without(objectAt(template['metadata']), 'labels', 'annotations'),
      spec: {
        ...without(pod, 'nodeSelector', 'tolerations', 'schedulingGates'),
        affinity: without(objectAt(pod['affinity']), 'nodeAffinity'),
      },
    },
  };
}

const COUNTS = [
  'parallelism',
  'completions',
  'activeDeadlineSeconds',
  'backoffLimit',
  'ttlSecondsAfterFinished',
  'backoffLimitPerIndex',
  'maxFailedIndexes',
];

/** The selector is the server's own, unless `manualSelector` says otherwise. */
function validateSelector(spec: JsonObject, uid: string): FieldError[] {
  if (spec['manualSelector'] === true)
    return spec['selector'] === undefined ? [requiredValue('spec.selector')] : [];
  const generated = { matchLabels: { 'batch.kubernetes.io/controller-uid': uid } };
  if (isDeepStrictEqual(spec['selector'], generated)) return [];
  const labels = mapInGo(objectAt(objectAt(spec['selector'])['matchLabels']));
  const selector = { toString: () => `v1.LabelSelector{MatchLabels:${labels}, ${NO_EXPRESSIONS}}` };
  return [invalidValue('spec.selector', selector, '`selector` not auto-generated')];
}

const NO_EXPRESSIONS = 'MatchExpressions:[]v1.LabelSelectorRequirement(nil)';

function validateIndexes(name: string, spec: JsonObject): FieldError[] {
  const mode = stringAt(spec['completionMode']);
  if (!MODES.includes(mode)) return [unsupportedValue('spec.completionMode', JSON.stringify(mode), MODES)];
  const { backoffLimitPerIndex, maxFailedIndexes, completions } = spec;
  if (mode === 'NonIndexed') {
    return [
      ...(backoffLimitPerIndex === undefined
        ? []
        : [
            invalidValue(
              'spec.backoffLimitPerIndex',
              backoffLimitPerIndex,
              'requires indexed completion mode',
            ),
          ]),
      ...(maxFailedIndexes === undefined
        ? []
        : [invalidValue('spec.maxFailedIndexes', maxFailedIndexes, 'requires indexed completion mode')]),
    ];
  }
  const lastHostname = `${name}-${Math.max(Number(completions ?? 1) - 1, 0)}`;
  return [
    ...(completions === undefined
      ? [requiredValue('spec.completions', 'when completion mode is Indexed')]
      : []),
    ...(maxFailedIndexes !== undefined && backoffLimitPerIndex === undefined
      ? [requiredValue('spec.backoffLimitPerIndex', 'when maxFailedIndexes is specified')]
      : []),
    ...(completions === undefined ? [] : dnsLabelFaults(lastHostname)).map((why) =>
      invalidValue('metadata.name', name, `will not able to create pod with invalid DNS label: ${why}`),
    ),
  ];
}

const MODES = ['NonIndexed', 'Indexed'];

function validateTemplate(template: JsonObject): FieldError[] {
  const policy = stringAt(objectAt(template['spec'])['restartPolicy']);
  const field = 'spec.template.spec.restartPolicy';
  return [
    ...validatePodTemplate('spec.template', template),
    ...(policy === 'Always' ? [requiredValue(field, 'valid values: "OnFailure", "Never"')] : []),
    ...(['Always', ...JOB_POLICIES].includes(policy)
      ? []
      : [unsupportedValue(field, JSON.stringify(policy), JOB_POLICIES)]),
  ];
}

const JOB_POLICIES = ['OnFailure', 'Never'];
