import { readFile } from 'node:fs/promises';
import { parseAllDocuments } from 'yaml';

interface Kind<Name extends string> {
  readonly apiVersion: string;
  readonly kind: Name;
  readonly metadata: { readonly name: string; readonly labels?: Labels };
}

type Labels = Readonly<Record<string, string>>;

export interface KeyReference {
  readonly name: string;
  readonly key: string;
}

interface Probe {
  readonly httpGet: { readonly path: string; readonly port: string | number };
}

export interface ManifestContainer {
  readonly name: string;
  image: string;
  readonly args?: readonly string[];
  readonly env?: readonly {
    readonly name: string;
    value?: string;
    readonly valueFrom?: { readonly secretKeyRef?: KeyReference; readonly configMapKeyRef?: KeyReference };
  }[];
  readonly ports?: readonly { readonly name: string; readonly containerPort: number }[];
  readonly readinessProbe?: Probe;
  readonly livenessProbe?: Probe;
  readonly volumeMounts?: readonly { readonly name: string; readonly mountPath: string }[];
  readonly securityContext?: object;
}

export interface ManifestVolume {
  readonly name: string;
  readonly configMap?: {
    readonly name: string;
    readonly items?: readonly { readonly key: string; readonly path: string }[];
  };
  readonly persistentVolumeClaim?: { readonly claimName: string };
  readonly emptyDir?: object;
}

export interface PodTemplate {
  readonly metadata: { readonly labels: Labels };
  readonly spec: {
    readonly serviceAccountName?: string;
    readonly automountServiceAccountToken?: boolean;
    readonly securityContext?: { readonly fsGroup?: number };
    readonly containers: readonly ManifestContainer[];
    readonly volumes?: readonly ManifestVolume[];
  };
}

export interface Deployment extends Kind<'Deployment'> {
  readonly spec: {
    replicas: number;
    readonly selector: { readonly matchLabels: Labels };
    readonly template: PodTemplate;
  };
}

export interface Job extends Kind<'Job'> {
  readonly spec: { readonly completions: number; readonly template: PodTemplate };
}

interface Service extends Kind<'Service'> {
  readonly spec: {
    readonly selector: Labels;
    readonly ports: readonly {
      readonly name: string;
      readonly port: number;
      readonly targetPort: string | number;
    }[];
  };
}

interface Ingress extends Kind<'Ingress'> {
  readonly spec: {
    readonly rules: readonly {
      readonly http: {
        readonly paths: readonly {
          readonly backend: {
            readonly service: {
              readonly name: string;
              readonly port: { readonly name?: string; readonly number?: number };
            };
          };
        }[];
      };
    }[];
  };
}

interface Role extends Kind<'Role'> {
  readonly rules: readonly {
    readonly apiGroups: string[];
    readonly resources: string[];
    readonly verbs: string[];
  }[];
}

interface RoleBinding extends Kind<'RoleBinding'> {
  readonly roleRef: { readonly kind: string; readonly name: string };
  readonly subjects: readonly { readonly kind: string; readonly name: string }[];
}

interface Secret extends Kind<'Secret'> {
  readonly stringData: Readonly<Record<string, string>>;
}

export interface ConfigMap extends Kind<'ConfigMap'> {
  readonly data: Readonly<Record<string, string>>;
}

export type Manifest =
  | Deployment
  | Job
  | Service
  | Ingress
  | Role
  | RoleBinding
  | Secret
  | ConfigMap
  | Kind<'ServiceAccount'>
  | Kind<'PersistentVolumeClaim'>;

/** All documents of a file, in their order. */
export async function documents<Document = unknown>(file: URL): Promise<Document[]> {
  const read = parseAllDocuments(await readFile(file, 'utf8'));
  return [...read].map((document) => document.toJS() as Document);
}

/** The first of a kind, of that name where one is given. */
export function find<Name extends Manifest['kind']>(
  manifests: readonly Manifest[],
  kind: Name,
  name?: string,
): Extract<Manifest, { kind: Name }> {
  const found = ofKind(manifests, kind).find(({ metadata }) => metadata.name === (name ?? metadata.name));
  if (found === undefined) throw new Error(`there is no ${kind} ${name ?? ''}`);
  return found;
}

export const ofKind = <Name extends Manifest['kind']>(manifests: readonly Manifest[], kind: Name) =>
  manifests.filter((one): one is Extract<Manifest, { kind: Name }> => one.kind === kind);

/** Everything that makes pods, with its template. */
export const podTemplates = (manifests: readonly Manifest[]): readonly (Deployment | Job)[] => [
  ...ofKind(manifests, 'Deployment'),
  ...ofKind(manifests, 'Job'),
];
