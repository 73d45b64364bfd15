import { isDeepStrictEqual } from 'node:util';
import { isJsonObject, type JsonObject, listAt } from '../store/json.ts';

/** Where and why a JSON patch (RFC 6902) does not apply. */
export class PatchError extends Error {
  static {
    PatchError.prototype.name = 'PatchError';
  }
}

/**
 * Applies the operations of a JSON patch to a copy.
 * @throws PatchError where one does not fit.
 */
export function applyJsonPatch(target: JsonObject, operations: readonly unknown[]): JsonObject {
  let root: unknown = structuredClone(target);
  for (const operation of operations) {
    if (!isJsonObject(operation)) throw new PatchError('an operation is no object');
    root = apply(root, operation);
  }
  if (!isJsonObject(root)) throw new PatchError('the result is no object');
  return root;
}

function apply(root: unknown, operation: JsonObject): unknown {
  const { op, value } = operation;
  const path = pointer(operation['path']);
  switch (op) {
    case 'add':
      return put(root, path, value, 'insert');
    case 'replace':
      read(root, path);
      return put(root, path, value, 'set');
    case 'remove':
      return remove(root, path);
    case 'test':
      if (!isDeepStrictEqual(read(root, path), value)) throw new PatchError('a test failed');
      return root;
    case 'move': {
      const moved = read(root, pointer(operation['from']));
      return put(remove(root, pointer(operation['from'])), path, moved, 'insert');
    }
    case 'copy':
      return put(root, path, structuredClone(read(root, pointer(operation['from']))), 'insert');
    default:
      throw new PatchError(`unknown operation ${String(op)}`);
  }
}

function pointer(path: unknown): string[] {
  if (typeof path !== 'string' || (path !== '' && !path.startsWith('/'))) {
    throw new PatchError(`no path: ${String(path)}`);
  }
  return path
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function read(root: unknown, path: readonly string[]): unknown {
  return path.reduce((held: unknown, key) => {
    const inner = Array.isArray(held)
      ? held[indexIn(held, key)]
      : isJsonObject(held)
        ? own(held, key)
        : undefined;
    if (inner === undefined) throw new PatchError(`nothing at ${key}`);
    return inner;
  }, root);
}

const own = (object: JsonObject, key: string) => (Object.hasOwn(object, key) ? object[key] : undefined);

function put(root: unknown, path: readonly string[], value: unknown, how: 'insert' | 'set'): unknown {
  const last = path.at(-1);
  if (last === undefined) return value;
  const parent = read(root, path.slice(0, -1));
  if (Array.isArray(parent)) {
    const index = last === '-' ? parent.length : indexIn(parent, last, how === 'insert' ? 1 : 0);
    parent.splice(index, how === 'insert' ? 0 : 1, value);
  } else if (isJsonObject(parent)) {
    // Not by assignment, which would change the prototype for a key like __proto__.
    Object.defineProperty(parent, last, { value, enumerable: true, configurable: true, writable: true });
  } else {
    throw new PatchError(`nothing can be put at ${last}`);
  }
  return root;
}

function remove(root: unknown, path: readonly string[]): unknown {
  read(root, path);
  const last = path.at(-1) ?? '';
  const parent = read(root, path.slice(0, -1));
  if (Array.isArray(parent)) parent.splice(indexIn(parent, last), 1);
  else if (isJsonObject(parent)) Reflect.deleteProperty(parent, last);
  return root;
}

function indexIn(list: unknown[], key: string, beyond = 0): number {
  const index = Number(key);
  if (!/^\d+$/.test(key) || index >= listAt(list).length + beyond) throw new PatchError(`no index ${key}`);
  return index;
}
