import { describe, expect, it } from 'vitest';
import { listAt, objectAt } from '../../../../src/testing/mini-kubernetes/store/json.ts';
import { startApi } from './api.ts';
import { call } from './call.ts';

const RBAC = '/apis/rbac.authorization.k8s.io/v1/namespaces/default';
const PATHS = {
  Deployment: '/apis/apps/v1/namespaces/default/deployments',
  Ingress: '/apis/networking.k8s.io/v1/namespaces/default/ingresses',
  ServiceAccount: '/api/v1/namespaces/default/serviceaccounts',
  PersistentVolumeClaim: '/api/v1/namespaces/default/persistentvolumeclaims',
  Role: `${RBAC}/roles`,
  RoleBinding: `${RBAC}/rolebindings`,
} as const;

type Kind = keyof typeof PATHS;

const backend = { service: { name: 'web', port: { name: 'http' } } };
const path = { path: '/', pathType: 'Prefix', backend };
const roleRef = { kind: 'Role', name: 'reader' };

/** The least that each is made of. */
const MANIFESTS: { readonly [K in Kind]: object } = {
  Deployment: {
    spec: {
      selector: { matchLabels: { app: 'web' } },
      template: {
        metadata: { labels: { app: 'web' } },
        spec: { containers: [{ name: 'web', image: 'web:1' }] },
      },
    },
  },
  Ingress: { spec: { rules: [{ http: { paths: [path] } }] } },
  ServiceAccount: {},
  PersistentVolumeClaim: {
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '0.5Gi' } } },
  },
  Role: { rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }] },
  RoleBinding: { roleRef, subjects: [{ kind: 'ServiceAccount', name: 'web' }] },
};

const named = (manifest: object, name = 'web') => ({ metadata: { name }, ...manifest });

/** The manifest with what stands in `change` over it, however deep. */
function changed(manifest: object, change: object): object {
  const result: Record<string, unknown> = { ...manifest };
  for (const [key, value] of Object.entries(change)) {
    const isPart = typeof value === 'object' && value !== null && !Array.isArray(value);
    result[key] = isPart ? changed(objectAt(result[key]), value) : value;
  }
  return result;
}

describe.each(Object.entries(PATHS) as [Kind, string][])('a %s', (kind, at) => {
  it('is created, read, listed, watched, replaced and deleted', async () => {
    await using api = await startApi();
    const created = await call(api.url, 'POST', at, named(MANIFESTS[kind]));
    expect(created.status, created.text).toBe(201);
    expect(created.body).toMatchObject({ kind, metadata: { name: 'web', namespace: 'default' } });
    expect(created.headers.get('warning')).toBeNull();
    expect((await call(api.url, 'POST', at, named(MANIFESTS[kind]))).status).toBe(409);

    const read = await call(api.url, 'GET', `${at}/web`);
    expect(read.body).toEqual(created.body);
    const { metadata, ...rest } = read.body;
    const labelled = { ...rest, metadata: { ...objectAt(metadata), labels: { a: 'b' } } };
    expect((await call(api.url, 'PUT', `${at}/web`, labelled)).status).toBe(200);
    expect((await call(api.url, 'PUT', `${at}/web`, labelled)).status).toBe(409);
    const list = await call(api.url, 'GET', `${at}?labelSelector=a%3Db`);
    expect(list.body).toMatchObject({ kind: `${kind}List`, items: [{ metadata: { name: 'web' } }] });
    const watch = await call(api.url, 'GET', `${at}?watch=true&resourceVersion=0&timeoutSeconds=1`);
    expect(watch.body).toMatchObject({ type: 'ADDED', object: { kind, metadata: { name: 'web' } } });

    expect((await call(api.url, 'DELETE', `${at}/web`)).status).toBe(200);
    expect((await call(api.url, 'GET', `${at}/web`)).status).toBe(404);
  });

  it('is told of by discovery', async () => {
    await using api = await startApi();
    const [, root = '', name = ''] = /^(.*)\/namespaces\/default\/(\w+)$/.exec(at) ?? [];
    const { body } = await call(api.url, 'GET', root);
    expect(listAt(body['resources'])).toContainEqual(
      expect.objectContaining({ name, kind, namespaced: true, verbs: expect.arrayContaining(['watch']) }),
    );
  });
});

it('a Deployment gets the defaults of a real server', async () => {
  await using api = await startApi();
  const { body } = await call(api.url, 'POST', PATHS.Deployment, named(MANIFESTS.Deployment));
  expect(body).toMatchObject({
    metadata: { generation: 1 },
    spec: {
      replicas: 1,
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: '25%', maxSurge: '25%' } },
      revisionHistoryLimit: 10,
      progressDeadlineSeconds: 600,
      template: { spec: { restartPolicy: 'Always', terminationGracePeriodSeconds: 30 } },
    },
    status: {},
  });
});

it('a RoleBinding gets the groups of what it names, a claim its quantity in canonical form', async () => {
  await using api = await startApi();
  const subjects = [
    { kind: 'ServiceAccount', name: 'web' },
    { kind: 'User', name: 'ann' },
  ];
  const binding = await call(api.url, 'POST', PATHS.RoleBinding, named({ roleRef, subjects }));
  const apiGroup = 'rbac.authorization.k8s.io';
  expect(binding.body).toMatchObject({
    roleRef: { ...roleRef, apiGroup },
    subjects: [subjects[0], { ...subjects[1], apiGroup }],
  });
  const claims = PATHS.PersistentVolumeClaim;
  const claim = await call(api.url, 'POST', claims, named(MANIFESTS.PersistentVolumeClaim));
  expect(claim.body).toMatchObject({
    spec: { volumeMode: 'Filesystem', resources: { requests: { storage: '512Mi' } } },
    status: { phase: 'Pending' },
  });
});

const container = { name: 'web', image: 'web:1' };
const containers = (...change: object[]) => ({
  spec: { template: { spec: { containers: change.map((one) => ({ ...container, ...one })) } } },
});
const mount = { name: 'data', mountPath: '/data' };
const backendIs = (service: object) => ({
  spec: { rules: [{ http: { paths: [{ ...path, backend: { service } }] } }] },
});

it.each<readonly [Kind, object, string]>([
  ['Deployment', { spec: { selector: undefined } }, 'spec.selector: Required value'],
  [
    'Deployment',
    { spec: { selector: { matchLabels: undefined } } },
    'spec.selector: Invalid value: v1.LabelSelector{}: empty selector is invalid for deployment',
  ],
  [
    'Deployment',
    { spec: { template: { metadata: { labels: { app: 'other' } } } } },
    'spec.template.metadata.labels: Invalid value: map[string]string{"app":"other"}: `selector` does not match ' +
      'template `labels`',
  ],
  [
    'Deployment',
    { spec: { selector: { matchExpressions: [{ key: 'app', operator: 'NotIn', values: ['web'] }] } } },
    '`selector` does not match template `labels`',
  ],
  [
    'Deployment',
    { spec: { replicas: -1 } },
    'spec.replicas: Invalid value: -1: must be greater than or equal to 0',
  ],
  [
    'Deployment',
    { spec: { template: { spec: { restartPolicy: 'OnFailure' } } } },
    'spec.template.spec.restartPolicy: Unsupported value: "OnFailure": supported values: "Always"',
  ],
  [
    'Deployment',
    { spec: { template: { spec: { containers: [] } } } },
    'spec.template.spec.containers: Required value',
  ],
  [
    'Deployment',
    { spec: { strategy: { type: 'Blue' } } },
    'spec.strategy.type: Unsupported value: "Blue": supported values: "Recreate", "RollingUpdate"',
  ],
  [
    'Deployment',
    { spec: { strategy: { type: 'Recreate', rollingUpdate: { maxSurge: 1 } } } },
    "spec.strategy.rollingUpdate: Forbidden: may not be specified when strategy `type` is 'Recreate'",
  ],
  [
    'Deployment',
    { spec: { strategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: '0%' } } } },
    'spec.strategy.rollingUpdate.maxUnavailable: Invalid value: "0%": may not be 0 when `maxSurge` is 0',
  ],
  [
    'Deployment',
    { spec: { strategy: { rollingUpdate: { maxSurge: 'some' } } } },
    'spec.strategy.rollingUpdate.maxSurge: Invalid value: "some": a valid percent string',
  ],
  [
    'Deployment',
    containers({ volumeMounts: [mount] }),
    'spec.template.spec.containers[0].volumeMounts[0].name: Not found: "data"',
  ],
  [
    'Deployment',
    changed(containers({ volumeMounts: [mount, mount] }), {
      spec: { template: { spec: { volumes: [{ name: 'data' }] } } },
    }),
    'spec.template.spec.containers[0].volumeMounts[1].mountPath: Invalid value: "/data": must be unique',
  ],
  [
    'Deployment',
    { spec: { template: { spec: { volumes: [{ name: 'data' }, { name: 'data' }] } } } },
    'spec.template.spec.volumes[1].name: Duplicate value: "data"',
  ],
  [
    'Deployment',
    containers({ ports: [{ name: 'HTTP', containerPort: 80 }] }),
    'spec.template.spec.containers[0].ports[0].name: Invalid value: "HTTP": must contain only alpha-numeric',
  ],
  [
    'Deployment',
    containers({
      ports: [
        { name: 'http', containerPort: 80 },
        { name: 'http', containerPort: 81 },
      ],
    }),
    'spec.template.spec.containers[0].ports[1].name: Duplicate value: "http"',
  ],
  [
    'Ingress',
    { spec: { rules: [] } },
    'spec: Invalid value: []networking.IngressRule(nil): either `defaultBackend` or `rules` must be specified',
  ],
  ['Ingress', { spec: { rules: [{ http: {} }] } }, 'spec.rules[0].http.paths: Required value'],
  [
    'Ingress',
    { spec: { rules: [{ host: 'a.example' }, { host: 'No Host' }] } },
    'spec.rules[1].host: Invalid value: "No Host": a lowercase RFC 1123 subdomain',
  ],
  [
    'Ingress',
    { spec: { rules: [{ http: { paths: [{ path: '/', backend }] } }] } },
    'spec.rules[0].http.paths[0].pathType: Required value: pathType must be specified',
  ],
  [
    'Ingress',
    { spec: { rules: [{ http: { paths: [{ ...path, pathType: 'Regex' }] } }] } },
    'pathType: Unsupported value: "Regex": supported values: "Exact", "ImplementationSpecific", "Prefix"',
  ],
  [
    'Ingress',
    { spec: { rules: [{ http: { paths: [{ ...path, path: 'web' }] } }] } },
    'spec.rules[0].http.paths[0].path: Invalid value: "web": must be an absolute path',
  ],
  [
    'Ingress',
    { spec: { rules: [{ http: { paths: [{ ...path, backend: {} }] } }] } },
    'spec.rules[0].http.paths[0].backend: Required value: must specify a service or a resource backend',
  ],
  ['Ingress', backendIs({ port: { number: 80 } }), 'backend.service.name: Required value'],
  [
    'Ingress',
    backendIs({ name: 'web' }),
    'backend.service.port: Required value: port name or number is required',
  ],
  [
    'Ingress',
    backendIs({ name: 'web', port: { name: 'http', number: 80 } }),
    'cannot set both port name & port number',
  ],
  [
    'Ingress',
    backendIs({ name: 'web', port: { number: 65_536 } }),
    'backend.service.port.number: Invalid value: 65536: must be between 1 and 65535, inclusive',
  ],
  [
    'PersistentVolumeClaim',
    { spec: { accessModes: [] } },
    'spec.accessModes: Required value: at least 1 access mode is required',
  ],
  [
    'PersistentVolumeClaim',
    { spec: { accessModes: ['ReadWriteTwice'] } },
    'spec.accessModes: Unsupported value: "ReadWriteTwice"',
  ],
  [
    'PersistentVolumeClaim',
    { spec: { resources: { requests: undefined } } },
    'spec.resources[storage]: Required value',
  ],
  ['Role', { rules: [{ apiGroups: [''], resources: ['pods'] }] }, 'rules[0].verbs: Required value'],
  [
    'Role',
    { rules: [{ resources: ['pods'], verbs: ['get'] }] },
    'rules[0].apiGroups: Required value: resource rules must supply at least one api group',
  ],
  [
    'Role',
    { rules: [{ apiGroups: [''], verbs: ['get'] }] },
    'rules[0].resources: Required value: resource rules must supply at least one resource',
  ],
  [
    'Role',
    { rules: [{ nonResourceURLs: ['/healthz'], verbs: ['get'] }] },
    'rules[0].nonResourceURLs: Invalid value: []string{"/healthz"}: namespaced rules cannot apply to non-resource URLs',
  ],
  ['Role', { metadata: { name: 'a/b' } }, 'metadata.name: Invalid value: "a/b": may not contain \'/\''],
  [
    'RoleBinding',
    { roleRef: { kind: 'Group' } },
    'roleRef.kind: Unsupported value: "Group": supported values: "Role", "ClusterRole"',
  ],
  [
    'RoleBinding',
    { roleRef: { apiGroup: 'v1' } },
    'roleRef.apiGroup: Unsupported value: "v1": supported values: "rbac.authorization.k8s.io"',
  ],
  ['RoleBinding', { roleRef: { name: '' } }, 'roleRef.name: Required value'],
  [
    'RoleBinding',
    { subjects: [{ kind: 'Pod', name: 'web' }] },
    'subjects[0].kind: Unsupported value: "Pod": supported values: "ServiceAccount", "User", "Group"',
  ],
  ['RoleBinding', { subjects: [{ kind: 'ServiceAccount' }] }, 'subjects[0].name: Required value'],
  [
    'RoleBinding',
    { subjects: [{ kind: 'ServiceAccount', name: 'web', apiGroup: 'rbac.authorization.k8s.io' }] },
    'subjects[0].apiGroup: Unsupported value: "rbac.authorization.k8s.io": supported values: ""',
  ],
])('refuses a %s with %j', async (kind, change, message) => {
  await using api = await startApi();
  const answer = await call(api.url, 'POST', PATHS[kind], changed(named(MANIFESTS[kind]), change));
  expect(answer.status, answer.text).toBe(422);
  expect(answer.body['message']).toContain(message);
});

it.each<readonly [Kind, object, string]>([
  [
    'Deployment',
    changed(
      { spec: { selector: { matchLabels: { tier: 'front' } } } },
      { spec: { template: { metadata: { labels: { tier: 'front' } } } } },
    ),
    'spec.selector: Invalid value: v1.LabelSelector{"matchLabels":{"app":"web","tier":"front"}}: field is immutable',
  ],
  [
    'RoleBinding',
    { roleRef: { name: 'writer' } },
    'roleRef: Invalid value: rbac.RoleRef{APIGroup:"rbac.authorization.k8s.io", Kind:"Role", Name:"writer"}: ' +
      'cannot change roleRef',
  ],
  [
    'PersistentVolumeClaim',
    { spec: { storageClassName: 'fast' } },
    'spec: Forbidden: spec is immutable after creation except resources.requests',
  ],
])('refuses to change a %s by %j', async (kind, change, message) => {
  await using api = await startApi();
  const at = PATHS[kind];
  await call(api.url, 'POST', at, named(MANIFESTS[kind]));
  const answer = await call(api.url, 'PUT', `${at}/web`, changed(named(MANIFESTS[kind]), change));
  expect(answer.status, answer.text).toBe(422);
  expect(answer.body['message']).toContain(message);
});

it('counts changes of the spec of a Deployment and an Ingress, and of nothing else', async () => {
  await using api = await startApi();
  const generation = async (kind: Kind, change: object) => {
    const answer = await call(api.url, 'PUT', `${PATHS[kind]}/web`, changed(named(MANIFESTS[kind]), change));
    return objectAt(answer.body['metadata'])['generation'];
  };
  for (const kind of ['Deployment', 'Ingress', 'Role'] as const) {
    await call(api.url, 'POST', PATHS[kind], named(MANIFESTS[kind]));
  }
  expect(await generation('Deployment', { metadata: { labels: { a: 'b' } } })).toBe(1);
  expect(await generation('Deployment', { spec: { replicas: 2 } })).toBe(2);
  expect(await generation('Ingress', { spec: { ingressClassName: 'nginx' } })).toBe(2);
  expect(await generation('Role', { rules: [] })).toBeUndefined();
});

it('warns of a field that a kind does not have', async () => {
  await using api = await startApi();
  const misspelt = changed(named(MANIFESTS.Deployment), { spec: { replica: 2 } });
  const { headers } = await call(api.url, 'POST', PATHS.Deployment, misspelt);
  expect(headers.get('warning')).toBe('299 - "unknown field \\"spec.replica\\""');
});
