/**
 * What the fields of bodies hold, as far as it is checked. A type that is `closed` names all its fields: others are
 * dropped with a warning, as real servers do. In all other types unknown fields are kept as they are.
 */
export type FieldType =
  | 'string'
  | 'bool'
  | 'int32'
  | 'int64'
  | 'bytes'
  | 'quantity'
  | 'time'
  | 'microtime'
  | 'int-or-string'
  | 'any'
  | { readonly list: FieldType }
  | { readonly map: FieldType }
  | { readonly struct: string };

export interface StructType {
  readonly closed?: boolean;
  readonly fields: Readonly<Record<string, FieldType>>;
}

const list = (of: FieldType): FieldType => ({ list: of });
const map = (of: FieldType): FieldType => ({ map: of });
const struct = (name: string): FieldType => ({ struct: name });

const TOP = { kind: 'string', apiVersion: 'string', metadata: struct('ObjectMeta') } as const;

/** Every type by the name it has in Go. */
export const STRUCTS: Readonly<Record<string, StructType>> = {
  ObjectMeta: {
    fields: {
      name: 'string',
      generateName: 'string',
      namespace: 'string',
      uid: 'string',
      resourceVersion: 'string',
      generation: 'int64',
      creationTimestamp: 'time',
      deletionTimestamp: 'time',
      deletionGracePeriodSeconds: 'int64',
      labels: map('string'),
      annotations: map('string'),
      ownerReferences: list(struct('OwnerReference')),
      finalizers: list('string'),
    },
  },
  OwnerReference: {
    fields: {
      apiVersion: 'string',
      kind: 'string',
      name: 'string',
      uid: 'string',
      controller: 'bool',
      blockOwnerDeletion: 'bool',
    },
  },
  Job: { closed: true, fields: { ...TOP, spec: struct('JobSpec'), status: 'any' } },
  JobSpec: {
    closed: true,
    fields: {
      parallelism: 'int32',
      completions: 'int32',
      activeDeadlineSeconds: 'int64',
      podFailurePolicy: 'any',
      successPolicy: 'any',
      backoffLimit: 'int32',
      backoffLimitPerIndex: 'int32',
      maxFailedIndexes: 'int32',
      selector: 'any',
      manualSelector: 'bool',
      template: struct('PodTemplateSpec'),
      ttlSecondsAfterFinished: 'int32',
      completionMode: 'string',
      suspend: 'bool',
      podReplacementPolicy: 'string',
      managedBy: 'string',
    },
  },
  Deployment: { closed: true, fields: { ...TOP, spec: struct('DeploymentSpec'), status: 'any' } },
  DeploymentSpec: {
    closed: true,
    fields: {
      replicas: 'int32',
      selector: struct('LabelSelector'),
      template: struct('PodTemplateSpec'),
      strategy: struct('DeploymentStrategy'),
      minReadySeconds: 'int32',
      revisionHistoryLimit: 'int32',
      paused: 'bool',
      progressDeadlineSeconds: 'int32',
    },
  },
  DeploymentStrategy: {
    closed: true,
    fields: { type: 'string', rollingUpdate: struct('RollingUpdateDeployment') },
  },
  RollingUpdateDeployment: {
    closed: true,
    fields: { maxUnavailable: 'int-or-string', maxSurge: 'int-or-string' },
  },
  LabelSelector: {
    closed: true,
    fields: { matchLabels: map('string'), matchExpressions: list(struct('LabelSelectorRequirement')) },
  },
  LabelSelectorRequirement: {
    closed: true,
    fields: { key: 'string', operator: 'string', values: list('string') },
  },
  PodTemplateSpec: { closed: true, fields: { metadata: struct('ObjectMeta'), spec: struct('PodSpec') } },
  Pod: { closed: true, fields: { ...TOP, spec: struct('PodSpec'), status: 'any' } },
  PodSpec: {
    fields: {
      containers: list(struct('Container')),
      initContainers: list(struct('Container')),
      volumes: list(struct('Volume')),
      restartPolicy: 'string',
      terminationGracePeriodSeconds: 'int64',
      activeDeadlineSeconds: 'int64',
      nodeName: 'string',
      nodeSelector: map('string'),
      serviceAccountName: 'string',
      automountServiceAccountToken: 'bool',
      hostname: 'string',
      subdomain: 'string',
    },
  },
  Volume: { fields: { name: 'string' } },
  Container: {
    fields: {
      name: 'string',
      image: 'string',
      command: list('string'),
      args: list('string'),
      workingDir: 'string',
      ports: list(struct('ContainerPort')),
      env: list(struct('EnvVar')),
      envFrom: list(struct('EnvFromSource')),
      resources: struct('ResourceRequirements'),
      volumeMounts: list(struct('VolumeMount')),
      imagePullPolicy: 'string',
      terminationMessagePath: 'string',
      terminationMessagePolicy: 'string',
    },
  },
  ContainerPort: {
    fields: {
      name: 'string',
      hostPort: 'int32',
      containerPort: 'int32',
      protocol: 'string',
      hostIP: 'string',
    },
  },
  EnvVar: { fields: { name: 'string', value: 'string', valueFrom: struct('EnvVarSource') } },
  EnvVarSource: {
    fields: {
      fieldRef: struct('ObjectFieldSelector'),
      secretKeyRef: struct('SecretKeySelector'),
      configMapKeyRef: struct('ConfigMapKeySelector'),
    },
  },
  ObjectFieldSelector: { fields: { apiVersion: 'string', fieldPath: 'string' } },
  SecretKeySelector: { fields: { name: 'string', key: 'string', optional: 'bool' } },
  ConfigMapKeySelector: { fields: { name: 'string', key: 'string', optional: 'bool' } },
  EnvFromSource: { fields: { prefix: 'string' } },
  ResourceRequirements: { fields: { limits: map('quantity'), requests: map('quantity') } },
  VolumeMount: { fields: { name: 'string', readOnly: 'bool', mountPath: 'string', subPath: 'string' } },
  Service: { closed: true, fields: { ...TOP, spec: struct('ServiceSpec'), status: 'any' } },
  ServiceSpec: {
    fields: {
      ports: list(struct('ServicePort')),
      selector: map('string'),
      clusterIP: 'string',
      type: 'string',
      externalName: 'string',
    },
  },
  ServicePort: {
    fields: {
      name: 'string',
      protocol: 'string',
      port: 'int32',
      targetPort: 'int-or-string',
      nodePort: 'int32',
    },
  },
  Secret: {
    closed: true,
    fields: { ...TOP, data: map('bytes'), stringData: map('string'), type: 'string', immutable: 'bool' },
  },
  ConfigMap: {
    closed: true,
    fields: { ...TOP, data: map('string'), binaryData: map('bytes'), immutable: 'bool' },
  },
  Lease: { closed: true, fields: { ...TOP, spec: struct('LeaseSpec') } },
  LeaseSpec: {
    fields: {
      holderIdentity: 'string',
      leaseDurationSeconds: 'int32',
      leaseTransitions: 'int32',
      acquireTime: 'microtime',
      renewTime: 'microtime',
    },
  },
  Ingress: { closed: true, fields: { ...TOP, spec: struct('IngressSpec'), status: 'any' } },
  IngressSpec: {
    closed: true,
    fields: {
      ingressClassName: 'string',
      defaultBackend: struct('IngressBackend'),
      tls: list(struct('IngressTLS')),
      rules: list(struct('IngressRule')),
    },
  },
  IngressTLS: { closed: true, fields: { hosts: list('string'), secretName: 'string' } },
  IngressRule: { closed: true, fields: { host: 'string', http: struct('HTTPIngressRuleValue') } },
  HTTPIngressRuleValue: { closed: true, fields: { paths: list(struct('HTTPIngressPath')) } },
  HTTPIngressPath: {
    closed: true,
    fields: { path: 'string', pathType: 'string', backend: struct('IngressBackend') },
  },
  IngressBackend: { closed: true, fields: { service: struct('IngressServiceBackend'), resource: 'any' } },
  IngressServiceBackend: { closed: true, fields: { name: 'string', port: struct('ServiceBackendPort') } },
  ServiceBackendPort: { closed: true, fields: { name: 'string', number: 'int32' } },
  ServiceAccount: {
    closed: true,
    fields: {
      ...TOP,
      secrets: 'any',
      imagePullSecrets: 'any',
      automountServiceAccountToken: 'bool',
    },
  },
  Role: { closed: true, fields: { ...TOP, rules: list(struct('PolicyRule')) } },
  PolicyRule: {
    closed: true,
    fields: {
      verbs: list('string'),
      apiGroups: list('string'),
      resources: list('string'),
      resourceNames: list('string'),
      nonResourceURLs: list('string'),
    },
  },
  RoleBinding: {
    closed: true,
    fields: { ...TOP, subjects: list(struct('Subject')), roleRef: struct('RoleRef') },
  },
  Subject: {
    closed: true,
    fields: { kind: 'string', apiGroup: 'string', name: 'string', namespace: 'string' },
  },
  RoleRef: { closed: true, fields: { apiGroup: 'string', kind: 'string', name: 'string' } },
  PersistentVolumeClaim: {
    closed: true,
    fields: { ...TOP, spec: struct('PersistentVolumeClaimSpec'), status: 'any' },
  },
  PersistentVolumeClaimSpec: {
    closed: true,
    fields: {
      accessModes: list('string'),
      selector: struct('LabelSelector'),
      resources: struct('ResourceRequirements'),
      volumeName: 'string',
      storageClassName: 'string',
      volumeMode: 'string',
      dataSource: 'any',
      dataSourceRef: 'any',
      volumeAttributesClassName: 'string',
    },
  },
  Namespace: { closed: true, fields: { ...TOP, spec: 'any', status: 'any' } },
};
