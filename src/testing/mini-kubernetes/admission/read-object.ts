import { isJsonObject, type JsonObject, objectAt, stringAt } from '../store/json.ts';
import { badRequest } from '../store/refusals.ts';
import { apiVersionOf, type Resource } from '../store/resources.ts';
import { DecodeError, decodeObject } from './decode.ts';

export interface ReadObject {
  readonly object: JsonObject;
  readonly warnings: readonly string[];
}

/**
 * Reads the object in a body: of the kind that the path says, in the namespace of the path.
 * @throws StatusError 400.
 */
export function readObject(
  resource: Resource,
  namespace: string,
  body: string,
  fieldValidation: string | null,
): ReadObject {
  const value = parseBody(resource, body);
  const apiVersion = apiVersionOf(resource);
  const kind = stringAt(value['kind']) || resource.kind;
  const version = stringAt(value['apiVersion']) || apiVersion;
  const cannot = `${kind} in version "${version.replace(/^.*\//, '')}" cannot be handled as a ${resource.kind}`;
  if (version !== apiVersion) {
    const scheme = 'scheme "pkg/api/legacyscheme/scheme.go:30"';
    throw badRequest(`${cannot}: no kind "${kind}" is registered for version "${version}" in ${scheme}`);
  }
  if (kind !== resource.kind) {
    throw badRequest(`${cannot}: converting (v1.${kind}) to (core.${resource.kind}): unknown conversion`);
  }
  const { value: object, unknownFields } = decode(resource, value, cannot);
  const unknown = unknownFields.map((field) => `unknown field "${field}"`);
  if (fieldValidation === 'Strict' && unknown.length > 0) {
    throw badRequest(`${cannot}: strict decoding error: ${unknown.join(', ')}`);
  }
  const given = stringAt(objectAt(object['metadata'])['namespace']);
  if (resource.namespaced && given !== '' && given !== namespace) {
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
  }
  return { object, warnings: fieldValidation === 'Ignore' ? [] : unknown };
}

/** @throws StatusError 400 where the name in a body is not that of the path. */
export function checkName(object: JsonObject, name: string): void {
  const given = stringAt(objectAt(object['metadata'])['name']);
  if (given === name) return;
  throw badRequest(
    given === ''
      ? 'name must be provided'
      : `the name of the object (${given}) does not match the name on the URL (${name})`,
  );
}

function decode(resource: Resource, value: JsonObject, cannot: string) {
  try {
    return decodeObject(resource.kind, value);
  } catch (error) {
    throw error instanceof DecodeError ? badRequest(`${cannot}: ${error.message}`) : error;
  }
}

function parseBody(resource: Resource, body: string): JsonObject {
  const value = parseJson(body);
  if (isJsonObject(value)) return value;
  const shown = body === '' ? '<empty>' : body.length > 30 ? `${body.slice(0, 30)} ...` : body;
  const why = value === undefined ? 'unexpected end of JSON input' : 'cannot unmarshal into an object';
  throw badRequest(
    `the object provided is unrecognized (must be of type ${resource.kind}): couldn't get version/kind; ` +
      `json parse error: ${why} (${shown})`,
  );
}

/** @returns `undefined` for what is no JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
