import { describe, expect, it } from 'vitest';
import { isJsonObject, objectAt } from '../../../../src/testing/mini-kubernetes/store/json.ts';
import { rawRequest } from '../../wire.ts';
import { startApi } from './api.ts';
import { call } from './call.ts';

const MAPS = '/api/v1/namespaces/default/configmaps';
const JOBS = '/apis/batch/v1/namespaces/default/jobs';

const job = (spec: object) => ({
  metadata: { name: 'j' },
  spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'a', image: 'b' }] } }, ...spec },
});

describe('the API', () => {
  it('refuses an object that carries a resourceVersion to a create', async () => {
    await using api = await startApi();
    const { status, body } = await call(api.url, 'POST', MAPS, {
      metadata: { name: 'a', resourceVersion: '5' },
    });
    expect([status, body['message']]).toEqual([
      500,
      'resourceVersion should not be set on objects to be created',
    ]);
  });

  it('ignores the uid, the dates and the deletion that a client claims', async () => {
    await using api = await startApi();
    const claimed = {
      uid: 'mine',
      creationTimestamp: '2000-01-01T00:00:00Z',
      deletionTimestamp: '2000-01-01T00:00:00Z',
    };
    const { body } = await call(api.url, 'POST', MAPS, { metadata: { name: 'a', ...claimed } });
    const metadata = objectAt(body['metadata']);
    expect(metadata['uid']).not.toBe('mine');
    expect(metadata['creationTimestamp']).not.toBe('2000-01-01T00:00:00Z');
    expect(metadata['deletionTimestamp']).toBeUndefined();
  });

  it('refuses a body of more than 3 MiB, and an object of more than the store takes', async () => {
    await using api = await startApi();
    const large = (size: number) => ({ metadata: { name: 'a' }, data: { k: 'x'.repeat(size) } });
    expect((await call(api.url, 'POST', MAPS, large(3 * 1024 * 1024 + 1))).body).toMatchObject({
      code: 413,
      reason: 'RequestEntityTooLarge',
    });
    const { status, body } = await call(api.url, 'POST', MAPS, large(1_048_577));
    expect([status, body['message']]).toEqual([
      422,
      'ConfigMap "a" is invalid: []: Too long: may not be more than 1048576 bytes',
    ]);
    const long = job({});
    const args = [{ name: 'a', image: 'b', args: ['x'.repeat(1_740_800)] }];
    const tooLong = { ...long, spec: { template: { spec: { restartPolicy: 'Never', containers: args } } } };
    expect((await call(api.url, 'POST', JOBS, tooLong)).text).toContain('etcdserver: request is too large');
  });

  it.each([
    [{ completionMode: 'Sideways' }, 'spec.completionMode: Unsupported value: "Sideways"'],
    [
      { backoffLimitPerIndex: 1 },
      'spec.backoffLimitPerIndex: Invalid value: 1: requires indexed completion mode',
    ],
    [
      { completionMode: 'Indexed', completions: 2, maxFailedIndexes: 1 },
      'spec.backoffLimitPerIndex: Required value: when maxFailedIndexes is specified',
    ],
    [{ activeDeadlineSeconds: -1 }, 'spec.activeDeadlineSeconds: Invalid value: -1'],
  ])('refuses a Job with %j', async (spec, message) => {
    await using api = await startApi();
    const { status, body } = await call(api.url, 'POST', JOBS, job(spec));
    expect(status).toBe(422);
    expect(body['message']).toContain(message);
  });

  it.each([
    [
      { parallelism: '2' },
      'json: cannot unmarshal string into Go struct field JobSpec.spec.parallelism of type int32',
    ],
    [
      { parallelism: 1.5 },
      'json: cannot unmarshal number 1.5 into Go struct field JobSpec.spec.parallelism of type int32',
    ],
    [
      { template: [] },
      'json: cannot unmarshal array into Go struct field JobSpec.spec.template of type v1.PodTemplateSpec',
    ],
    [
      { suspend: 'yes' },
      'json: cannot unmarshal string into Go struct field JobSpec.spec.suspend of type bool',
    ],
  ])('cannot decode a Job with %j', async (spec, message) => {
    await using api = await startApi();
    const { status, body } = await call(api.url, 'POST', JOBS, job(spec));
    expect([status, body['message']]).toEqual([
      400,
      `Job in version "v1" cannot be handled as a Job: ${message}`,
    ]);
  });

  it('warns of a field that it does not know, and does not keep it', async () => {
    await using api = await startApi();
    const { headers, body } = await call(api.url, 'POST', JOBS, job({ paralelism: 2 }));
    expect(headers.get('warning')).toBe('299 - "unknown field \\"spec.paralelism\\""');
    expect(objectAt(body['spec'])['paralelism']).toBeUndefined();
    const strict = await call(api.url, 'POST', `${JOBS}?fieldValidation=Strict`, job({ paralelism: 2 }));
    expect(strict.body['message']).toContain('strict decoding error: unknown field "spec.paralelism"');
  });

  it('lets the template of a suspended Job change until it has run', async () => {
    await using api = await startApi();
    await call(api.url, 'POST', JOBS, job({ suspend: true }));
    const patch = { spec: { template: { spec: { nodeSelector: { zone: 'a' } } } } };
    const merge = { 'content-type': 'application/merge-patch+json' };
    const { status, body } = await call(api.url, 'PATCH', `${JOBS}/j`, patch, merge);
    expect([status, objectAt(body['metadata'])['generation']]).toEqual([200, 2]);
    await call(api.url, 'PATCH', `${JOBS}/j`, { spec: { suspend: false } }, merge);
    expect(
      (
        await call(
          api.url,
          'PATCH',
          `${JOBS}/j`,
          { spec: { template: { spec: { nodeSelector: null } } } },
          merge,
        )
      ).body,
    ).toMatchObject({
      reason: 'Invalid',
      details: { causes: [{ field: 'spec.template' }] },
    });
  });

  it('lets nothing of the template change in a suspended Job but what decides on its nodes', async () => {
    await using api = await startApi();
    await call(api.url, 'POST', JOBS, job({ suspend: true }));
    const merge = { 'content-type': 'application/merge-patch+json' };
    const change = async (template: object) =>
      (await call(api.url, 'PATCH', `${JOBS}/j`, { spec: { template } }, merge)).status;
    const affinity = { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: {} } };
    const tolerations = [{ operator: 'Exists' }];
    expect(await change({ metadata: { labels: { a: 'b' }, annotations: { c: 'd' } } })).toBe(200);
    expect(await change({ spec: { tolerations, affinity, schedulingGates: [{ name: 'a' }] } })).toBe(200);
    expect(await change({ spec: { containers: [{ name: 'a', image: 'c' }] } })).toBe(422);
    expect(await change({ spec: { affinity: { podAffinity: {} } } })).toBe(422);
    expect(await change({ metadata: { finalizers: ['example.com/hold'] } })).toBe(422);
  });

  it('adds to a pod the tolerations that it lacks, once', async () => {
    await using api = await startApi();
    const PODS = '/api/v1/namespaces/default/pods';
    const own = { key: 'node.kubernetes.io/not-ready', operator: 'Exists' };
    const spec = { containers: [{ name: 'a', image: 'b' }], tolerations: [own] };
    await call(api.url, 'POST', PODS, { metadata: { name: 'p' }, spec });
    const merge = { 'content-type': 'application/merge-patch+json' };
    const labels = { a: 'b' };
    const { body } = await call(api.url, 'PATCH', `${PODS}/p`, { metadata: { labels } }, merge);
    expect(objectAt(body['spec'])['tolerations']).toEqual([
      own,
      expect.objectContaining({ key: 'node.kubernetes.io/unreachable' }),
    ]);
  });

  it('shows a refused value with its type, and what a refused change of a pod changes', async () => {
    await using api = await startApi();
    const merge = { 'content-type': 'application/merge-patch+json' };
    const spec = { containers: [{ name: 'a', image: 'b' }] };
    const PODS = '/api/v1/namespaces/default/pods';
    await call(api.url, 'POST', JOBS, job({}));
    await call(api.url, 'POST', PODS, { metadata: { name: 'p' }, spec });
    const messageOf = async (path: string, change: object) =>
      (await call(api.url, 'PATCH', path, { spec: change }, merge)).body['message'];
    const env = [{ name: 'PASSWORD', value: 'hunter-2' }];
    const containers = [{ name: 'a', image: 'b', env }];
    expect(await messageOf(`${JOBS}/j`, { template: { spec: { containers } } })).toMatch(
      /spec.template: Invalid value: core\.PodTemplateSpec\{.*hunter-2.*\}: field is immutable$/,
    );
    expect(await messageOf(`${JOBS}/j`, { completions: null })).toMatch(
      /spec.completions: Invalid value: "null": field is immutable$/,
    );
    expect(await messageOf(`${PODS}/p`, { containers, nodeName: 'n' })).toMatch(
      /\n {2}core\.PodSpec\{\n- \tContainers: .*\n\+ \tContainers: .*hunter-2.*,\n- \tNodeName: nil,\n\+ \tNodeName: "n",\n {2}\}\n$/,
    );
  });

  it('takes a status only by its subresource, and nothing else there', async () => {
    await using api = await startApi();
    await call(api.url, 'POST', JOBS, job({}));
    const merge = { 'content-type': 'application/merge-patch+json' };
    await call(api.url, 'PATCH', `${JOBS}/j`, { status: { active: 7 } }, merge);
    await call(
      api.url,
      'PATCH',
      `${JOBS}/j/status`,
      { status: { failed: 1 }, spec: { suspend: true } },
      merge,
    );
    const { body } = await call(api.url, 'GET', `${JOBS}/j`);
    expect([body['status'], objectAt(body['spec'])['suspend']]).toEqual([{ failed: 1 }, false]);
  });

  it('answers an empty page where a selector leaves nothing of the rest', async () => {
    await using api = await startApi();
    for (const [name, app] of [
      ['a', 'x'],
      ['b', 'y'],
    ] as const) {
      api.store.create('configmaps', { metadata: { name, namespace: 'default', labels: { app } } });
    }
    const first = await call(api.url, 'GET', `${MAPS}?labelSelector=app%3Dx&limit=1`);
    const token = String(objectAt(first.body['metadata'])['continue']);
    const second = await call(api.url, 'GET', `${MAPS}?labelSelector=app%3Dx&limit=1&continue=${token}`);
    expect(second.body).toMatchObject({ items: [] });
    expect(objectAt(second.body['metadata'])['continue']).toBeUndefined();
  });

  it('pages over all namespaces', async () => {
    await using api = await startApi({ namespaces: ['default', 'other'] });
    for (const namespace of ['default', 'other']) {
      for (const name of ['a', 'b']) api.store.create('configmaps', { metadata: { name, namespace } });
    }
    const seen: string[] = [];
    for (let token = ''; ; ) {
      const { body } = await call(api.url, 'GET', `/api/v1/configmaps?limit=1&continue=${token}`);
      const items = Array.isArray(body['items']) ? body['items'].filter(isJsonObject) : [];
      seen.push(
        ...items.map(
          (item) => `${objectAt(item['metadata'])['namespace']}/${objectAt(item['metadata'])['name']}`,
        ),
      );
      token = String(objectAt(body['metadata'])['continue'] ?? '');
      if (token === '') break;
    }
    expect(seen).toEqual(['default/a', 'default/b', 'other/a', 'other/b']);
  });

  it('waits for a version that is about to come', async () => {
    await using api = await startApi();
    const coming = api.store.version + 1;
    const list = call(api.url, 'GET', `${MAPS}?resourceVersion=${coming}`);
    api.store.create('configmaps', { metadata: { name: 'a', namespace: 'default' } });
    expect((await list).body).toMatchObject({ items: [{ metadata: { name: 'a' } }] });
  });

  it('refuses a path that cannot be decoded', async () => {
    await using api = await startApi();
    expect((await rawRequest(api.url, 'GET', '/api/v1/namespaces/%zz/pods')).status).toBe(400);
  });

  it.each([
    ['application/json', 200],
    ['*/*', 200],
    ['application/json;as=Table;v=v1;g=meta.k8s.io,application/json', 200],
    ['application/json;stream=watch', 200],
    ['application/yaml', 406],
  ])('asked for %s answers %i', async (accept, status) => {
    await using api = await startApi();
    expect((await call(api.url, 'GET', MAPS, undefined, { accept })).status).toBe(status);
  });

  it('ends a watch of a client that is gone', async () => {
    await using api = await startApi();
    const stop = new AbortController();
    const watch = await fetch(`${api.url}${MAPS}?watch=1`, { signal: stop.signal });
    stop.abort();
    await expect(watch.text()).rejects.toThrow();
    await expect.poll(() => api.server.connections ?? 0).toBeDefined();
    expect(() =>
      api.store.create('configmaps', { metadata: { name: 'a', namespace: 'default' } }),
    ).not.toThrow();
  });
});

describe('tokens', () => {
  const tokens = {
    boss: { user: 'boss' },
    late: { user: 'late', expired: true },
    prober: {
      user: 'prober',
      allow: [
        { verbs: ['get', 'create'], resources: ['pods/proxy'] },
        { verbs: ['*'], resources: ['leases'], namespaces: ['default'] },
        { verbs: ['list'], resources: ['*'], apiGroups: ['apps', 'batch'] },
      ],
    },
  };
  const as = (token: string) => ({ authorization: `Bearer ${token}` });
  const LEASES = '/apis/coordination.k8s.io/v1/namespaces/default/leases';

  it.each([
    ['boss', 'GET', MAPS, 200],
    ['late', 'GET', MAPS, 401],
    ['nobody', 'GET', MAPS, 401],
    ['constructor', 'GET', MAPS, 401],
    ['prober', 'GET', MAPS, 403],
    ['prober', 'GET', LEASES, 200],
    ['prober', 'GET', JOBS, 200],
    ['prober', 'GET', '/api/v1/namespaces/default/secrets', 403],
    ['prober', 'GET', `${JOBS}/j`, 403],
    ['prober', 'GET', '/apis/coordination.k8s.io/v1/namespaces/other/leases', 403],
    ['prober', 'GET', '/apis/coordination.k8s.io/v1/leases', 403],
    ['prober', 'GET', '/api/v1/namespaces/default/pods/p', 403],
    ['prober', 'GET', '/api/v1/namespaces/default/pods/p/proxy/x', 404],
    ['prober', 'DELETE', '/api/v1/namespaces/default/pods/p/proxy/x', 403],
    ['prober', 'GET', '/api/v1', 200],
    ['prober', 'GET', '/metrics', 403],
  ])('%s may or may not: %s %s is %i', async (token, method, path, status) => {
    await using api = await startApi({ tokens });
    expect((await call(api.url, method, path, undefined, as(token))).status).toBe(status);
  });

  it('are not needed for version and health', async () => {
    await using api = await startApi({ tokens });
    expect((await call(api.url, 'GET', '/version')).status).toBe(200);
    expect((await call(api.url, 'GET', '/readyz')).text).toBe('ok');
    expect((await call(api.url, 'GET', '/api/v1')).status).toBe(403);
  });
});
