import { describe, expect, it } from 'vitest';
import { applyJsonPatch } from '../../../../src/testing/mini-kubernetes/api/json-patch.ts';
import {
  applyMergePatch,
  applyStrategicPatch,
} from '../../../../src/testing/mini-kubernetes/api/merge-patch.ts';

const target = { a: { b: 1, c: [1, 2] }, 'x/y': 't' };

describe('a JSON patch', () => {
  it.each([
    ['adds', [{ op: 'add', path: '/a/d', value: 3 }], { a: { b: 1, c: [1, 2], d: 3 }, 'x/y': 't' }],
    [
      'inserts into a list',
      [{ op: 'add', path: '/a/c/1', value: 9 }],
      { a: { b: 1, c: [1, 9, 2] }, 'x/y': 't' },
    ],
    [
      'appends to a list',
      [{ op: 'add', path: '/a/c/-', value: 9 }],
      { a: { b: 1, c: [1, 2, 9] }, 'x/y': 't' },
    ],
    ['replaces', [{ op: 'replace', path: '/x~1y', value: 'u' }], { a: { b: 1, c: [1, 2] }, 'x/y': 'u' }],
    ['removes', [{ op: 'remove', path: '/a/c/0' }], { a: { b: 1, c: [2] }, 'x/y': 't' }],
    ['moves', [{ op: 'move', from: '/a/b', path: '/b' }], { a: { c: [1, 2] }, b: 1, 'x/y': 't' }],
    ['copies', [{ op: 'copy', from: '/a/b', path: '/b' }], { a: { b: 1, c: [1, 2] }, b: 1, 'x/y': 't' }],
    ['tests', [{ op: 'test', path: '/a/c', value: [1, 2] }], target],
  ])('%s', (_, operations, result) => {
    expect(applyJsonPatch(target, operations)).toEqual(result);
  });

  it.each([
    ['a test that fails', { op: 'test', path: '/a/b', value: 2 }],
    ['a path that is not there', { op: 'remove', path: '/a/none' }],
    ['an index past the end', { op: 'add', path: '/a/c/3', value: 1 }],
    ['an unknown operation', { op: 'twist', path: '/a' }],
    ['a path without a slash', { op: 'add', path: 'a', value: 1 }],
    ['an inherited name', { op: 'remove', path: '/constructor' }],
  ])('is refused for %s', (_, operation) => {
    expect(() => applyJsonPatch(target, [operation])).toThrow();
  });

  it('leaves its target and the prototype of objects alone', () => {
    const result = applyJsonPatch(target, [{ op: 'add', path: '/__proto__', value: { polluted: true } }]);
    expect(target).not.toHaveProperty('b');
    expect(Reflect.get({}, 'polluted')).toBeUndefined();
    expect(Object.hasOwn(result, '__proto__')).toBe(true);
  });
});

it('a merge patch takes away by null, goes into objects and replaces lists', () => {
  const patch = { a: { b: null, c: [9] }, n: { m: 1 } };
  expect(applyMergePatch(target, patch)).toEqual({ a: { c: [9] }, 'x/y': 't', n: { m: 1 } });
});

describe('a strategic patch', () => {
  const pod = {
    spec: {
      containers: [
        { name: 'a', image: '1', args: ['x'] },
        { name: 'b', image: '1' },
      ],
    },
  };

  it('merges containers by their name', () => {
    const patch = {
      spec: {
        containers: [
          { name: 'a', image: '2' },
          { name: 'c', image: '1' },
        ],
      },
    };
    expect(applyStrategicPatch(pod, patch)['spec']).toEqual({
      containers: [
        { name: 'a', image: '2', args: ['x'] },
        { name: 'b', image: '1' },
        { name: 'c', image: '1' },
      ],
    });
  });

  it('takes a container away', () => {
    const patch = { spec: { containers: [{ name: 'a', $patch: 'delete' }] } };
    expect(applyStrategicPatch(pod, patch)['spec']).toEqual({ containers: [{ name: 'b', image: '1' }] });
  });

  it('adds finalizers to those that are there', () => {
    expect(applyStrategicPatch({ finalizers: ['a'] }, { finalizers: ['b', 'a'] })).toEqual({
      finalizers: ['a', 'b'],
    });
  });
});
