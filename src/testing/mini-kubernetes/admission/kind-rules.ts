import { compact, type JsonObject, objectAt } from '../store/json.ts';
import type { ResourceName } from '../store/objects.ts';
import { defaultSecret, validateData, validateDataUpdate } from './data.ts';
import { defaultDeploymentSpec, validateDeployment, validateDeploymentUpdate } from './deployment.ts';
import type { FieldError } from './field-error.ts';
import { validateIngress } from './ingress.ts';
import { defaultJobSpec, validateJob, validateJobUpdate } from './job.ts';
import { validateLease } from './lease.ts';
import { admitPodSpec, defaultPodSpec, qosClass, validatePodSpec, validatePodUpdate } from './pod-spec.ts';
import { defaultRoleBinding, validateRole, validateRoleBinding, validateRoleBindingUpdate } from './rbac.ts';
import { defaultServiceSpec, validateService, validateServiceUpdate } from './service.ts';
import { validateVolumeClaim, validateVolumeClaimUpdate } from './volume-claim.ts';

/** What the API server knows of an object besides its body. */
interface Identity {
  readonly name: string;
  readonly uid: string;
  /** Called where a Service gets a clusterIP. */
  readonly serviceAddress: () => string;
}

/** What one kind of objects has of its own. */
export interface KindRules {
  /** Whether changes of the spec are counted in `metadata.generation`. */
  readonly hasGeneration: boolean;
  /** A body with what is filled in, and with the status of a new object. */
  fill(body: JsonObject, identity: Identity): JsonObject;
  /** What is wrong with a filled body, its metadata apart. */
  validate(object: JsonObject, identity: Identity): FieldError[];
  /** What an update changes that may not be changed. */
  validateChange(before: JsonObject, after: JsonObject): FieldError[];
}

const specOf = (object: JsonObject): JsonObject => objectAt(object['spec']);

const PLAIN: KindRules = {
  hasGeneration: false,
  fill: (body) => body,
  validate: () => [],
  validateChange: () => [],
};

export const KIND_RULES: { readonly [Name in ResourceName]: KindRules } = {
  configmaps: {
    ...PLAIN,
    validate: (object) => validateData('configmaps', object),
    validateChange: validateDataUpdate,
  },
  deployments: {
    hasGeneration: true,
    fill: (body) => ({ ...body, spec: defaultDeploymentSpec(specOf(body)), status: {} }),
    validate: (object) => validateDeployment(specOf(object)),
    validateChange: (before, after) => validateDeploymentUpdate(specOf(before), specOf(after)),
  },
  ingresses: {
    ...PLAIN,
    hasGeneration: true,
    fill: (body) => ({ ...body, status: { loadBalancer: {} } }),
    validate: (object) => validateIngress(specOf(object)),
  },
  jobs: {
    hasGeneration: true,
    fill: (body, { name, uid }) => ({ ...body, spec: defaultJobSpec(specOf(body), name, uid), status: {} }),
    validate: (object, { name, uid }) => validateJob(name, specOf(object), uid),
    validateChange: (before, after) => {
      const started = objectAt(before['status'])['startTime'] !== undefined;
      return validateJobUpdate(specOf(before), specOf(after), started);
    },
  },
  leases: { ...PLAIN, validate: (object) => validateLease(specOf(object)) },
  namespaces: { ...PLAIN, fill: defaultNamespace },
  persistentvolumeclaims: {
    ...PLAIN,
    fill: (body) => ({
      ...body,
      spec: { volumeMode: 'Filesystem', ...compact(specOf(body)) },
      status: { phase: 'Pending' },
    }),
    validate: (object) => validateVolumeClaim(specOf(object)),
    validateChange: (before, after) => validateVolumeClaimUpdate(specOf(before), specOf(after)),
  },
  pods: {
    ...PLAIN,
    fill: (body) => {
      const spec = admitPodSpec(defaultPodSpec(specOf(body)));
      return { ...body, spec, status: { phase: 'Pending', qosClass: qosClass(spec) } };
    },
    validate: (object) => validatePodSpec('spec', specOf(object)),
    validateChange: (before, after) => validatePodUpdate(specOf(before), specOf(after)),
  },
  rolebindings: {
    ...PLAIN,
    fill: defaultRoleBinding,
    validate: validateRoleBinding,
    validateChange: validateRoleBindingUpdate,
  },
  roles: { ...PLAIN, validate: validateRole },
  secrets: {
    ...PLAIN,
    fill: defaultSecret,
    validate: (object) => validateData('secrets', object),
    validateChange: validateDataUpdate,
  },
  serviceaccounts: PLAIN,
  services: {
    ...PLAIN,
    fill: (body, { serviceAddress }) => ({
      ...body,
      spec: defaultServiceSpec(specOf(body), serviceAddress),
      status: { loadBalancer: {} },
    }),
    validate: (object) => validateService(specOf(object)),
    validateChange: (before, after) => validateServiceUpdate(specOf(before), specOf(after)),
  },
};

function defaultNamespace(body: JsonObject, { name }: Identity): JsonObject {
  const metadata = objectAt(body['metadata']);
  const labels = { 'kubernetes.io/metadata.name': name, ...objectAt(metadata['labels']) };
  return {
    ...body,
    metadata: { ...metadata, labels },
    spec: { finalizers: ['kubernetes'] },
    status: { phase: 'Active' },
  };
}
