import { isJsonObject, type JsonObject } from '../store/json.ts';
import { microTime, wholeSeconds } from '../store/time.ts';
import { type FieldType, STRUCTS } from './field-types.ts';
import { canonicalQuantity } from './quantity.ts';

export interface Decoded {
  readonly value: JsonObject;
  /** Fields that no object of this kind has, by their path; they are not in `value`. */
  readonly unknownFields: readonly string[];
}

/** A value that does not fit its field's type. The message is the one a decoder in Go has. */
export class DecodeError extends Error {
  static {
    DecodeError.prototype.name = 'DecodeError';
  }
}

/**
 * Checks the JSON types of an object of a kind and brings quantities and times into their canonical form. Fields that
 * are null are left out.
 * @throws DecodeError for the first value that does not fit.
 */
export function decodeObject(kind: string, value: JsonObject): Decoded {
  const unknownFields: string[] = [];
  const decoded = decodeStruct(kind, value, { path: '', owner: kind, shown: kind, unknownFields });
  return { value: decoded, unknownFields };
}

interface Place {
  /** For warnings: with indices, without the kind. */
  readonly path: string;
  /** The innermost struct's name. */
  readonly owner: string;
  /** As Go shows it: without indices. */
  readonly shown: string;
  readonly unknownFields: string[];
}

function decodeStruct(name: string, value: unknown, place: Place): JsonObject {
  const type = STRUCTS[name];
  if (type === undefined) throw new TypeError(`no such type: ${name}`);
  if (!isJsonObject(value)) throw mismatch(value, `v1.${name}`, place);
  const result: Record<string, unknown> = {};
  for (const [key, held] of Object.entries(value)) {
    const field = Object.hasOwn(type.fields, key) ? type.fields[key] : undefined;
    const path = place.path === '' ? key : `${place.path}.${key}`;
    if (field === undefined && type.closed === true) {
      place.unknownFields.push(path);
    } else if (held !== null || (key === 'creationTimestamp' && place.path !== '')) {
      const shown = place.path === '' ? `${name}.${key}` : `${name}.${shownPath(path)}`;
      result[key] = decodeField(field ?? 'any', held, { ...place, path, owner: name, shown });
    }
  }
  return result;
}

const shownPath = (path: string) => path.replaceAll(/\[\d+\]/g, '');

function decodeField(type: FieldType, value: unknown, place: Place): unknown {
  if (typeof type === 'object') return decodeComposite(type, value, place);
  switch (type) {
    case 'any':
      return value;
    case 'string':
      if (typeof value !== 'string') throw mismatch(value, 'string', place);
      return value;
    case 'bool':
      if (typeof value !== 'boolean') throw mismatch(value, 'bool', place);
      return value;
    case 'int32':
    case 'int64':
      return decodeInteger(type, value, place);
    case 'int-or-string':
      return typeof value === 'string' ? value : decodeInteger('int32', value, place);
    case 'bytes':
      if (typeof value !== 'string') throw mismatch(value, '[]uint8', place);
      return checkBase64(value);
    case 'quantity':
      return decodeQuantity(value);
    case 'time':
      return value === null ? null : decodeTime(value, wholeSeconds, place);
    case 'microtime':
      return decodeTime(value, microTime, place);
  }
}

function decodeComposite(type: Extract<FieldType, object>, value: unknown, place: Place): unknown {
  if ('struct' in type) return decodeStruct(type.struct, value, place);
  if ('list' in type) {
    if (!Array.isArray(value)) throw mismatch(value, `[]${goName(type.list)}`, place);
    return value.map((item, index) =>
      decodeField(type.list, item, { ...place, path: `${place.path}[${index}]` }),
    );
  }
  if (!isJsonObject(value)) throw mismatch(value, `map[string]${goName(type.map)}`, place);
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, held]) =>
      // A null in a map of texts is the empty text in Go.
      held === null ? [[key, '']] : [[key, decodeField(type.map, held, place)]],
    ),
  );
}

const goName = (type: FieldType): string => {
  if (typeof type === 'string') return type === 'bytes' ? '[]uint8' : type;
  if ('struct' in type) return `v1.${type.struct}`;
  return 'list' in type ? `[]${goName(type.list)}` : `map[string]${goName(type.map)}`;
};

function decodeInteger(type: 'int32' | 'int64', value: unknown, place: Place): number {
  if (typeof value !== 'number') throw mismatch(value, type, place);
  const limit = type === 'int32' ? 2 ** 31 : Number.MAX_SAFE_INTEGER;
  if (!Number.isInteger(value) || value >= limit || value < -limit) {
    throw mismatch(value, type, place, `number ${value}`);
  }
  return value;
}

function decodeQuantity(value: unknown): string {
  const canonical =
    typeof value === 'string' || typeof value === 'number' ? canonicalQuantity(String(value)) : undefined;
  if (canonical !== undefined) return canonical;
  throw new DecodeError(
    "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
  );
}

function decodeTime(value: unknown, parse: (text: string) => string, place: Place): string {
  if (typeof value !== 'string') throw mismatch(value, 'string', place);
  try {
    return parse(value);
  } catch (error) {
    throw error instanceof RangeError ? new DecodeError(error.message) : error;
  }
}

function checkBase64(text: string): string {
  const bare = text.replaceAll(/[\r\n]/g, '');
  const bad = bare.search(/[^A-Za-z0-9+/=]/);
  const padding = bare.indexOf('=');
  const isWhole = bare.length % 4 === 0 && /^[^=]*={0,2}$/.test(bare);
  if (bad === -1 && isWhole) return text;
  const at = bad !== -1 ? bad : padding !== -1 ? padding : bare.length - (bare.length % 4);
  throw new DecodeError(`illegal base64 data at input byte ${at}`);
}

function mismatch(value: unknown, type: string, place: Place, what = jsonName(value)): DecodeError {
  return new DecodeError(
    `json: cannot unmarshal ${what} into Go struct field ${place.shown} of type ${type}`,
  );
}

const jsonName = (value: unknown): string => {
  if (typeof value === 'boolean') return 'bool';
  return Array.isArray(value) ? 'array' : typeof value;
};
