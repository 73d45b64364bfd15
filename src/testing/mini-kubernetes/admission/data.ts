import { isDeepStrictEqual } from 'node:util';
import { type JsonObject, objectAt, stringAt } from '../store/json.ts';
import { type FieldError, forbiddenValue, invalidValue, requiredValue, tooLong } from './field-error.ts';

/** What is wrong with a ConfigMap or a Secret. */
export function validateData(resource: 'configmaps' | 'secrets', object: JsonObject): FieldError[] {
  const type = stringAt(object['type']);
  const needed = resource === 'secrets' ? (NEEDED_KEYS.get(type) ?? []) : [];
  const data = objectAt(object['data']);
  const fields = ['data', 'binaryData'];
  const size = fields.flatMap((field) => Object.values(objectAt(object[field]))).reduce(addSize, 0);
  return [
    ...fields.flatMap((field) =>
      Object.keys(objectAt(object[field])).flatMap((key) => keyFaults(`${field}[${key}]`, key)),
    ),
    ...(size > MAX_DATA ? [tooLong(resource === 'configmaps' ? '[]' : 'data', MAX_DATA)] : []),
    ...needed.filter((key) => data[key] === undefined).map((key) => requiredValue(`data[${key}]`)),
  ];
}

/** A Secret with its texts in base64 beside its data, and with a type. */
export function defaultSecret(body: JsonObject): JsonObject {
  const { stringData, data, ...rest } = body;
  const added = Object.entries(objectAt(stringData)).map(([key, value]) => [
    key,
    Buffer.from(String(value)).toString('base64'),
  ]);
  const all = { ...objectAt(data), ...Object.fromEntries(added) };
  return {
    ...rest,
    ...(Object.keys(all).length === 0 ? {} : { data: all }),
    type: stringAt(rest['type']) || 'Opaque',
  };
}

export function validateDataUpdate(before: JsonObject, after: JsonObject): FieldError[] {
  const frozen = before['immutable'] === true;
  return [
    ...(before['type'] === after['type'] ? [] : [invalidValue('type', after['type'], 'field is immutable')]),
    ...(frozen && after['immutable'] !== true ? [forbiddenValue('immutable', FROZEN)] : []),
    ...['data', 'binaryData']
      .filter((field) => frozen && !isDeepStrictEqual(before[field], after[field]))
      .map((field) => forbiddenValue(field, FROZEN)),
  ];
}

const FROZEN = 'field is immutable when `immutable` is set';

const MAX_DATA = 1_048_576;

const NEEDED_KEYS = new Map([
  ['kubernetes.io/dockerconfigjson', ['.dockerconfigjson']],
  ['kubernetes.io/dockercfg', ['.dockercfg']],
  ['kubernetes.io/tls', ['tls.crt', 'tls.key']],
]);

const addSize = (sum: number, value: unknown) => sum + Buffer.byteLength(String(value));

function keyFaults(field: string, key: string): FieldError[] {
  if (/^[-._a-zA-Z0-9]+$/.test(key)) return [];
  return [
    invalidValue(
      field,
      key,
      "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or " +
        "'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')",
    ),
  ];
}
