/**
 * The resources this server knows, in the plural form that urls have, with the type of their objects. Objects are
 * plain JSON and never changed in place: who changes one stores a new one. Fields that no code here looks at are kept
 * and handed out, though they have no type.
 */
export interface ObjectOf {
  readonly pods: Pod;
  readonly services: KubeService;
  readonly jobs: Job;
  readonly deployments: Deployment;
  readonly secrets: Secret;
  readonly configmaps: ConfigMap;
  readonly leases: Lease;
  readonly ingresses: NamespacedObject;
  readonly serviceaccounts: NamespacedObject;
  readonly roles: NamespacedObject;
  readonly rolebindings: NamespacedObject;
  readonly persistentvolumeclaims: NamespacedObject;
  readonly namespaces: KubeObject;
}

export type ResourceName = keyof ObjectOf;

/** What all objects have in common. */
export interface KubeObject {
  readonly metadata: ObjectMeta;
  readonly spec?: object | undefined;
  readonly status?: object | undefined;
}

export interface ObjectMeta {
  readonly name: string;
  readonly generateName?: string;
  /** Absent only where the resource has none: namespaces. */
  readonly namespace?: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly generation?: number;
  /** RFC 3339, whole seconds, UTC. */
  readonly creationTimestamp: string;
  readonly deletionTimestamp?: string;
  readonly deletionGracePeriodSeconds?: number;
  readonly labels?: Labels;
  readonly annotations?: Labels;
  readonly ownerReferences?: readonly OwnerReference[];
  readonly finalizers?: readonly string[];
}

export type Labels = Readonly<Record<string, string>>;

export interface OwnerReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly controller?: boolean;
  readonly blockOwnerDeletion?: boolean;
}

/** An object that is not stored yet: the store gives it what is missing in its metadata. */
export type Draft<Object extends KubeObject> = Omit<Object, 'metadata'> & {
  readonly metadata: Partial<Object['metadata']>;
};

interface NamespacedMeta extends ObjectMeta {
  readonly namespace: string;
}

interface NamespacedObject extends KubeObject {
  readonly metadata: NamespacedMeta;
}

export interface Condition {
  readonly type: string;
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason?: string;
  readonly message?: string;
  readonly lastProbeTime?: string | null;
  readonly lastTransitionTime?: string | null;
}

export interface Pod extends KubeObject {
  readonly metadata: NamespacedMeta;
  readonly spec: PodSpec;
  readonly status: PodStatus;
}

export interface PodSpec {
  readonly containers: readonly Container[];
  readonly initContainers?: readonly Container[];
  readonly restartPolicy?: 'Always' | 'OnFailure' | 'Never';
  readonly terminationGracePeriodSeconds?: number;
  readonly activeDeadlineSeconds?: number;
  readonly nodeName?: string;
  readonly hostname?: string;
  readonly subdomain?: string;
}

export interface Container {
  readonly name: string;
  readonly image?: string;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly env?: readonly EnvVar[];
  readonly envFrom?: readonly EnvFromSource[];
  readonly ports?: readonly ContainerPort[];
}

export interface EnvVar {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: {
    readonly secretKeyRef?: KeySelector;
    readonly configMapKeyRef?: KeySelector;
    readonly fieldRef?: { readonly fieldPath: string };
  };
}

export interface KeySelector {
  readonly name?: string;
  readonly key: string;
  readonly optional?: boolean;
}

interface EnvFromSource {
  readonly prefix?: string;
  readonly secretRef?: { readonly name?: string; readonly optional?: boolean };
  readonly configMapRef?: { readonly name?: string; readonly optional?: boolean };
}

interface ContainerPort {
  readonly name?: string;
  readonly containerPort: number;
  readonly protocol?: string;
}

export interface PodStatus {
  readonly phase?: 'Pending' | 'Running' | 'Succeeded' | 'Failed' | 'Unknown';
  readonly podIP?: string;
  readonly podIPs?: readonly { readonly ip: string }[];
  readonly hostIP?: string;
  readonly qosClass?: string;
  readonly reason?: string;
  readonly message?: string;
  readonly startTime?: string;
  readonly conditions?: readonly Condition[];
  readonly containerStatuses?: readonly ContainerStatus[];
}

export interface ContainerStatus {
  readonly name: string;
  readonly image: string;
  readonly imageID: string;
  readonly containerID?: string;
  readonly ready: boolean;
  readonly started?: boolean;
  readonly restartCount: number;
  readonly state?: ContainerState;
  readonly lastState?: ContainerState;
}

export interface ContainerState {
  readonly waiting?: { readonly reason?: string; readonly message?: string };
  readonly running?: { readonly startedAt: string };
  readonly terminated?: {
    readonly exitCode: number;
    readonly reason?: string;
    readonly message?: string;
    readonly startedAt?: string;
    readonly finishedAt?: string;
    readonly containerID?: string;
  };
}

export interface Job extends KubeObject {
  readonly metadata: NamespacedMeta;
  readonly spec: JobSpec;
  readonly status: JobStatus;
}

export interface JobSpec {
  readonly parallelism?: number;
  readonly completions?: number;
  readonly completionMode?: 'NonIndexed' | 'Indexed';
  readonly backoffLimit?: number;
  readonly backoffLimitPerIndex?: number;
  readonly maxFailedIndexes?: number;
  readonly activeDeadlineSeconds?: number;
  readonly ttlSecondsAfterFinished?: number;
  readonly suspend?: boolean;
  readonly manualSelector?: boolean;
  readonly podReplacementPolicy?: 'TerminatingOrFailed' | 'Failed';
  readonly selector?: LabelSelector;
  readonly template: PodTemplate;
}

interface PodTemplate {
  readonly metadata?: { readonly labels?: Labels; readonly annotations?: Labels };
  readonly spec: PodSpec;
}

interface LabelSelector {
  readonly matchLabels?: Labels;
}

export interface JobStatus {
  readonly active?: number;
  readonly succeeded?: number;
  readonly failed?: number;
  readonly ready?: number;
  readonly terminating?: number;
  readonly startTime?: string;
  readonly completionTime?: string;
  readonly completedIndexes?: string;
  readonly failedIndexes?: string;
  readonly uncountedTerminatedPods?: {
    readonly succeeded?: readonly string[];
    readonly failed?: readonly string[];
  };
  readonly conditions?: readonly Condition[];
}

export interface Deployment extends KubeObject {
  readonly metadata: NamespacedMeta;
  readonly spec: DeploymentSpec;
  readonly status: DeploymentStatus;
}

interface DeploymentSpec {
  readonly replicas?: number;
  readonly selector: LabelSelector;
  readonly strategy?: {
    readonly type?: 'RollingUpdate' | 'Recreate';
    /** Pods, or a share of the replicas as `25%`. */
    readonly rollingUpdate?: {
      readonly maxSurge?: number | string;
      readonly maxUnavailable?: number | string;
    };
  };
  readonly template: PodTemplate;
}

export interface DeploymentStatus {
  readonly observedGeneration?: number;
  readonly replicas?: number;
  readonly updatedReplicas?: number;
  readonly readyReplicas?: number;
  readonly availableReplicas?: number;
  readonly unavailableReplicas?: number;
  readonly conditions?: readonly Condition[];
}

export interface KubeService extends KubeObject {
  readonly metadata: NamespacedMeta;
  readonly spec: ServiceSpec;
}

interface ServiceSpec {
  readonly selector?: Labels;
  readonly type?: string;
  readonly clusterIP?: string;
  readonly ports?: readonly ServicePort[];
}

export interface ServicePort {
  readonly name?: string;
  readonly port: number;
  readonly protocol?: string;
  readonly targetPort?: number | string;
}

interface Secret extends KubeObject {
  readonly metadata: NamespacedMeta;
  /** Base64. */
  readonly data?: Labels;
  readonly type?: string;
  readonly immutable?: boolean;
}

interface ConfigMap extends KubeObject {
  readonly metadata: NamespacedMeta;
  readonly data?: Labels;
  /** Base64. */
  readonly binaryData?: Labels;
  readonly immutable?: boolean;
}

interface Lease extends KubeObject {
  readonly metadata: NamespacedMeta;
  readonly spec?: {
    readonly holderIdentity?: string;
    readonly leaseDurationSeconds?: number;
    readonly leaseTransitions?: number;
    readonly acquireTime?: string;
    readonly renewTime?: string;
  };
}
