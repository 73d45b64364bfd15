import type { ResourceList } from './apply.ts';
import {
  type Deployment,
  type Job,
  type KeyReference,
  type Manifest,
  type ManifestContainer,
  ofKind,
  type PodTemplate,
  podTemplates,
} from './manifests.ts';

/** What manifests may count on besides each other. */
export interface Surroundings {
  /** `NAME/KEY` of the Secrets that are made by hand. */
  readonly secretKeys: readonly string[];
  /** Services of other folders. */
  readonly elsewhere: readonly Manifest[];
  /** What the API server says it knows. */
  readonly known: readonly ResourceList[];
}

/** What is wrong in what manifests say of each other: one line each, none where all is well. */
export function referenceFaults(manifests: readonly Manifest[], around: Surroundings): readonly string[] {
  const keys = keysOf(manifests, around);
  return [
    ...podTemplates(manifests).flatMap((maker) => templateFaults(maker, manifests, keys)),
    ...ofKind(manifests, 'Service').flatMap(({ metadata, spec }) => {
      const [pods] = podTemplates(manifests)
        .map(({ spec: { template } }) => template)
        .filter((template) => fits(spec.selector, template.metadata.labels));
      if (pods === undefined) return [`Service ${metadata.name} selects no pods`];
      return spec.ports
        .filter(({ targetPort }) => !hasPort(pods, targetPort))
        .map(({ targetPort }) => `Service ${metadata.name} has no port ${targetPort} to go to`);
    }),
    ...ofKind(manifests, 'Ingress').flatMap(({ metadata, spec }) =>
      spec.rules
        .flatMap(({ http }) => http.paths)
        .map(({ backend }) => backend.service)
        .filter(({ name, port }) => !hasServicePort(manifests, name, port.name ?? port.number ?? 0))
        .map(({ name, port }) => `Ingress ${metadata.name} leads to no ${name}:${port.name ?? port.number}`),
    ),
    ...rightsFaults(manifests, around.known),
    ...urlFaults([...manifests, ...around.elsewhere], manifests),
  ];
}

const fits = (selector: Readonly<Record<string, string>>, labels: Readonly<Record<string, string>>) =>
  Object.entries(selector).every(([key, value]) => labels[key] === value);

const hasPort = ({ spec }: PodTemplate, port: string | number) =>
  spec.containers.some(({ ports = [] }) =>
    ports.some((one) => one.name === port || one.containerPort === port),
  );

const hasServicePort = (manifests: readonly Manifest[], name: string, port: string | number) =>
  ofKind(manifests, 'Service')
    .filter(({ metadata }) => metadata.name === name)
    .some(({ spec }) => spec.ports.some((one) => one.name === port || one.port === port));

const names = (manifests: readonly Manifest[], kind: Manifest['kind']) =>
  ofKind(manifests, kind).map(({ metadata }) => metadata.name);

interface Keys {
  readonly ofSecrets: ReadonlySet<string>;
  readonly ofConfigMaps: ReadonlySet<string>;
}

const keysOf = (manifests: readonly Manifest[], { secretKeys }: Surroundings): Keys => ({
  ofSecrets: new Set([
    ...secretKeys,
    ...ofKind(manifests, 'Secret').flatMap(({ metadata, stringData }) => slashed(metadata.name, stringData)),
  ]),
  ofConfigMaps: new Set(
    ofKind(manifests, 'ConfigMap').flatMap(({ metadata, data }) => slashed(metadata.name, data)),
  ),
});

const slashed = (name: string, data: object) => Object.keys(data).map((key) => `${name}/${key}`);

function templateFaults(maker: Deployment | Job, manifests: readonly Manifest[], keys: Keys): string[] {
  const { spec } = maker.spec.template;
  const who = `${maker.kind} ${maker.metadata.name}`;
  const { serviceAccountName: account, volumes = [] } = spec;
  const configMaps = names(manifests, 'ConfigMap');
  const claims = names(manifests, 'PersistentVolumeClaim');
  return [
    ...(account === undefined || names(manifests, 'ServiceAccount').includes(account)
      ? []
      : [`${who} runs as nobody: ${account}`]),
    ...volumes.flatMap(({ configMap, persistentVolumeClaim }) => [
      ...(configMap === undefined || configMaps.includes(configMap.name)
        ? []
        : [`${who} mounts no ConfigMap: ${configMap.name}`]),
      ...(configMap?.items ?? [])
        .filter(({ key }) => !keys.ofConfigMaps.has(`${configMap?.name}/${key}`))
        .map(({ key }) => `${who} mounts no key of a ConfigMap: ${key}`),
      ...(persistentVolumeClaim === undefined || claims.includes(persistentVolumeClaim.claimName)
        ? []
        : [`${who} mounts no claim: ${persistentVolumeClaim.claimName}`]),
    ]),
    ...spec.containers.flatMap((container) => containerFaults(who, container, keys)),
    ...shardFaults(maker),
  ];
}

function shardFaults(maker: Deployment | Job): string[] {
  if (maker.kind !== 'Job') return [];
  const { metadata, spec } = maker;
  return spec.template.spec.containers
    .flatMap(({ env = [] }) => env.filter(({ name }) => name === 'SHARDS'))
    .filter(({ value }) => value !== String(spec.completions))
    .map(({ value }) => `Job ${metadata.name} has ${spec.completions} indexes, and ${value} shards`);
}

function containerFaults(who: string, container: ManifestContainer, keys: Keys): string[] {
  const { args = [], env = [], ports = [], readinessProbe, livenessProbe } = container;
  const missing = (known: ReadonlySet<string>, reference: KeyReference | undefined) =>
    reference !== undefined && !known.has(`${reference.name}/${reference.key}`);
  const variables = args.flatMap((arg) => [...arg.matchAll(/\$\((\w+)\)/g)].map(([, name = '']) => name));
  const listens = args.find((arg) => arg.startsWith('--port='))?.slice('--port='.length);
  const secretOption = args.find((arg) => arg.startsWith('--api-token-secret='))?.replace(/^.*=/, '');
  return [
    ...env
      .filter(
        ({ valueFrom }) =>
          missing(keys.ofSecrets, valueFrom?.secretKeyRef) ||
          missing(keys.ofConfigMaps, valueFrom?.configMapKeyRef),
      )
      .map(({ name }) => `${who} gets no ${name}`),
    ...variables
      .filter((name) => !env.some((variable) => variable.name === name))
      .map((name) => `${who} knows no $(${name})`),
    ...[readinessProbe, livenessProbe]
      .flatMap((probe) => (probe === undefined ? [] : [probe.httpGet.port]))
      .filter((port) => !ports.some((one) => one.name === port || one.containerPort === port))
      .map((port) => `${who} is asked at no port: ${port}`),
    ...(ports.length === 0 || String(ports[0]?.containerPort) === listens
      ? []
      : [`${who} listens on ${listens}, and not on ${ports[0]?.containerPort}`]),
    ...(secretOption === undefined || keys.ofSecrets.has(secretOption)
      ? []
      : [`${who} hands on no Secret: ${secretOption}`]),
  ];
}

/** Roles that are bound to accounts that pods run as, and rules about what there is. */
function rightsFaults(manifests: readonly Manifest[], known: readonly ResourceList[]): string[] {
  const bindings = ofKind(manifests, 'RoleBinding');
  const accounts = names(manifests, 'ServiceAccount');
  const runAs = podTemplates(manifests).map(({ spec }) => spec.template.spec.serviceAccountName);
  return [
    ...bindings
      .filter(({ roleRef }) => roleRef.kind !== 'Role' || !names(manifests, 'Role').includes(roleRef.name))
      .map(({ metadata }) => `RoleBinding ${metadata.name} binds no Role`),
    ...bindings
      .filter(({ subjects }) =>
        subjects.some(({ kind, name }) => kind !== 'ServiceAccount' || !accounts.includes(name)),
      )
      .map(({ metadata }) => `RoleBinding ${metadata.name} is for nobody`),
    ...accounts
      .filter((account) => !runAs.includes(account))
      .map((account) => `no pod runs as ServiceAccount ${account}`),
    ...ofKind(manifests, 'Role').flatMap(({ metadata, rules }) => [
      ...(bindings.some(({ roleRef }) => roleRef.name === metadata.name)
        ? []
        : [`Role ${metadata.name} is not bound`]),
      ...rules.flatMap(({ apiGroups, resources, verbs }) =>
        apiGroups.flatMap((group) =>
          resources.flatMap((resource) => {
            const described = known
              .filter(({ groupVersion }) => groupVersion.replace(/\/?v1$/, '') === group)
              .flatMap((list) => list.resources)
              .find(({ name }) => name === resource);
            const unknown = verbs.filter((verb) => described?.verbs.includes(verb) !== true);
            return unknown.map(
              (verb) => `Role ${metadata.name} allows what is not there: ${verb} ${resource}`,
            );
          }),
        ),
      ),
    ]),
  ];
}

/** Urls within the cluster, which have a host without a dot. */
function urlFaults(all: readonly Manifest[], manifests: readonly Manifest[]): string[] {
  const texts = [
    ...podTemplates(manifests).flatMap(({ spec }) =>
      spec.template.spec.containers.flatMap(({ args = [] }) => args),
    ),
    ...ofKind(manifests, 'ConfigMap').flatMap(({ data }) => Object.values(data)),
  ];
  return texts
    .flatMap((text) => [...text.matchAll(/https?:\/\/([a-z][-a-z0-9]*):(\d+)/g)])
    .filter(([, host = '', port]) => !hasServicePort(all, host, Number(port)))
    .map(([url]) => `no Service answers at ${url}`);
}
