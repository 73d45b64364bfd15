import { isDeepStrictEqual } from 'node:util';
import { isJsonObject, type JsonObject, listAt, objectAt } from '../store/json.ts';

/** Applies a JSON merge patch (RFC 7396): null takes away, lists are replaced. */
export const applyMergePatch = (target: JsonObject, patch: JsonObject): JsonObject =>
  merge(target, patch, (_key, _before, list) => list);

/** As a merge patch, but lists whose items have a key (containers by name, …) are merged item by item. */
export const applyStrategicPatch = (target: JsonObject, patch: JsonObject): JsonObject =>
  merge(target, patch, mergeList);

type ListMerge = (key: string, before: readonly unknown[], list: readonly unknown[]) => readonly unknown[];

function merge(target: JsonObject, patch: JsonObject, lists: ListMerge): JsonObject {
  const result = new Map(Object.entries(target));
  for (const [key, value] of Object.entries(patch)) {
    if (key.startsWith('$')) continue;
    if (value === null) result.delete(key);
    else if (isJsonObject(value)) result.set(key, merge(objectAt(result.get(key)), value, lists));
    else if (Array.isArray(value)) result.set(key, lists(key, listAt(result.get(key)), value));
    else result.set(key, value);
  }
  return Object.fromEntries(result);
}

/** By which of its fields the items of a list are told apart. */
const MERGE_KEYS = new Map([
  ['containers', ['name']],
  ['initContainers', ['name']],
  ['env', ['name']],
  ['volumes', ['name']],
  ['imagePullSecrets', ['name']],
  ['volumeMounts', ['mountPath']],
  ['ports', ['containerPort', 'port']],
  ['ownerReferences', ['uid']],
  ['conditions', ['type']],
]);

function mergeList(key: string, before: readonly unknown[], list: readonly unknown[]): readonly unknown[] {
  if (key === 'finalizers') return [...new Set([...before, ...list])];
  const fields = MERGE_KEYS.get(key);
  if (fields === undefined) return list;
  const result = [...before];
  for (const item of list.map(objectAt)) {
    const field = fields.find((name) => item[name] !== undefined);
    const index =
      field === undefined
        ? -1
        : result.findIndex((held) => isDeepStrictEqual(objectAt(held)[field], item[field]));
    if (item['$patch'] === 'delete') {
      if (index >= 0) result.splice(index, 1);
    } else if (index >= 0) {
      result[index] = merge(objectAt(result[index]), item, mergeList);
    } else {
      result.push(merge({}, item, mergeList));
    }
  }
  return result;
}
