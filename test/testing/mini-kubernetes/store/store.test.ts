import { beforeEach, describe, expect, it } from 'vitest';
import { deleteObject } from '../../../../src/testing/mini-kubernetes/store/deletion.ts';
import { Store } from '../../../../src/testing/mini-kubernetes/store/store.ts';
import { manualClock } from '../../manual-clock.ts';

const clock = manualClock();
let store: Store;
let heard: string[];

beforeEach(() => {
  store = new Store({ clock, historyLimit: 3 });
  heard = [];
  store.subscribe(({ type, object }) => {
    heard.push(`${type} ${object.metadata.name} ${object.metadata.resourceVersion}`);
  });
});

const map = (name: string, namespace = 'n') => ({ metadata: { name, namespace } });

describe('a store', () => {
  it('gives each change a version of its own, over all resources', () => {
    const first = store.create('configmaps', map('a'));
    const second = store.create('leases', map('a'));
    expect([first, second].map(({ metadata }) => metadata.resourceVersion)).toEqual(['2', '3']);
    expect(first.metadata.uid).not.toBe(second.metadata.uid);
    expect(first.metadata.creationTimestamp).toBe('1970-01-01T00:00:00Z');
  });

  it('keeps the version of an object that an update does not change', () => {
    const { metadata } = store.create('configmaps', { ...map('a'), data: { k: 'v' } });
    expect(store.update('configmaps', { ...map('a'), data: { k: 'v' } }).metadata.resourceVersion).toBe(
      metadata.resourceVersion,
    );
    expect(heard).toEqual(['ADDED a 2']);
  });

  it('refuses a name that is taken, and says so of one that is going', () => {
    store.create('configmaps', { metadata: { ...map('a').metadata, finalizers: ['f'] } });
    expect(() => store.create('configmaps', map('a'))).toThrow('configmaps "a" already exists');
    deleteObject(store, 'configmaps', 'n', 'a');
    expect(() => store.create('configmaps', map('a'))).toThrow(
      'object is being deleted: configmaps "a" already',
    );
  });

  it('refuses an update of what is missing, was changed meanwhile or was made anew', () => {
    expect(() => store.update('configmaps', map('a'))).toThrow('configmaps "a" not found');
    const { metadata } = store.create('configmaps', map('a'));
    store.update('configmaps', { metadata, data: { k: '1' } });
    expect(() => store.update('configmaps', { metadata, data: { k: '2' } })).toThrow('has been modified');
    const { resourceVersion: _, ...other } = metadata;
    expect(() => store.update('configmaps', { metadata: { ...other, uid: 'other' } })).toThrow(
      'Precondition failed: UID',
    );
  });

  it('lists by namespace and name', () => {
    for (const [name, namespace] of [
      ['b', 'n'],
      ['a', 'n'],
      ['z', 'm'],
      ['a', 'n-1'],
    ] as const) {
      store.create('configmaps', map(name, namespace));
    }
    const names = (namespace?: string) =>
      store.list('configmaps', namespace).map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);
    expect(names()).toEqual(['m/z', 'n-1/a', 'n/a', 'n/b']);
    expect(names('n')).toEqual(['n/a', 'n/b']);
    expect(names('none')).toEqual([]);
  });

  it('knows how it was, as far as its history reaches', () => {
    store.create('configmaps', map('a'));
    const { version } = store;
    store.update('configmaps', { ...map('a'), data: { k: 'v' } });
    store.create('configmaps', map('b'));
    store.remove('configmaps', 'n', 'a');
    const then = store.listAt('configmaps', version, 'n');
    expect(then?.map(({ metadata }) => [metadata.name, metadata.resourceVersion])).toEqual([['a', '2']]);
    for (let index = 0; index < 7; index += 1) store.create('configmaps', map(`c-${index}`));
    expect(store.listAt('configmaps', version)).toBeUndefined();
  });

  it('removes what was going once its last finalizer is gone', () => {
    store.create('configmaps', { metadata: { ...map('a').metadata, finalizers: ['f', 'g'] } });
    deleteObject(store, 'configmaps', 'n', 'a');
    const { metadata } = store.update('configmaps', {
      metadata: { ...store.get('configmaps', 'n', 'a')?.metadata, finalizers: ['g'] },
    });
    expect(store.get('configmaps', 'n', 'a')).toBeDefined();
    store.update('configmaps', { metadata: { ...metadata, finalizers: [] } });
    expect(store.get('configmaps', 'n', 'a')).toBeUndefined();
    expect(heard.at(-1)).toBe('DELETED a 5');
  });

  it('tells of a change that a listener made after the change it heard of', () => {
    const late: string[] = [];
    store.subscribe(({ type, object }) => {
      if (type === 'ADDED' && object.metadata.name === 'a') store.create('configmaps', map('b'));
    });
    store.subscribe(({ object }) => late.push(object.metadata.name));
    store.create('configmaps', map('a'));
    expect(late).toEqual(['a', 'b']);
  });

  it('makes names out of a prefix, of at most 63 characters', () => {
    const metadata = { namespace: 'n', generateName: `${'x'.repeat(70)}-` };
    const { name } = store.create('configmaps', { metadata }).metadata;
    expect(name).toMatch(/^x{58}[bcdfghjklmnpqrstvwxz2456789]{5}$/);
  });
});

describe('a pod that is deleted', () => {
  const pod = (nodeName?: string) => ({
    ...map('p'),
    spec: {
      containers: [],
      terminationGracePeriodSeconds: 5,
      ...(nodeName === undefined ? {} : { nodeName }),
    },
    status: { phase: 'Running' } as const,
  });

  it('stays for its grace period on its node, and goes at once where that is cut short', () => {
    store.create('pods', pod('node'));
    expect(deleteObject(store, 'pods', 'n', 'p')).toMatchObject({
      gone: false,
      object: { metadata: { deletionTimestamp: '1970-01-01T00:00:05Z', deletionGracePeriodSeconds: 5 } },
    });
    expect(deleteObject(store, 'pods', 'n', 'p', { gracePeriodSeconds: 0 }).object.metadata).toMatchObject({
      deletionTimestamp: '1970-01-01T00:00:00Z',
      deletionGracePeriodSeconds: 0,
    });
    expect(heard).toEqual(['ADDED p 2', 'MODIFIED p 3', 'MODIFIED p 4', 'DELETED p 5']);
  });

  it('goes at once where it is on no node', () => {
    store.create('pods', pod());
    expect(deleteObject(store, 'pods', 'n', 'p').gone).toBe(true);
    expect(heard).toEqual(['ADDED p 2', 'MODIFIED p 3', 'DELETED p 4']);
  });

  it('is not touched by a dry run', () => {
    store.create('pods', pod());
    expect(deleteObject(store, 'pods', 'n', 'p', { dryRun: true }).gone).toBe(true);
    expect(heard).toEqual(['ADDED p 2']);
  });
});
