import { type JsonObject, listAt, objectAt, stringAt } from '../store/json.ts';
import { type FieldError, invalidValue, requiredValue, unsupportedValue } from './field-error.ts';
import { portNameFaults, serviceNameFaults, subdomainFaults } from './names.ts';
import { validatePort } from './pod-spec.ts';

/** What is wrong with an Ingress's spec. */
export function validateIngress(spec: JsonObject): FieldError[] {
  const rules = listAt(spec['rules']).map(objectAt);
  const { defaultBackend } = spec;
  if (rules.length === 0 && defaultBackend === undefined) {
    const none = { toString: () => '[]networking.IngressRule(nil)' };
    return [invalidValue('spec', none, 'either `defaultBackend` or `rules` must be specified')];
  }
  return [
    ...(defaultBackend === undefined ? [] : validateBackend('spec.defaultBackend', objectAt(defaultBackend))),
    ...rules.flatMap((rule, index) => validateRule(`spec.rules[${index}]`, rule)),
  ];
}

function validateRule(field: string, rule: JsonObject): FieldError[] {
  const host = stringAt(rule['host']);
  // A wildcard takes the place of one label, the first.
  const faults = host === '' ? [] : subdomainFaults(host.replace(/^\*\./, ''));
  const paths = listAt(objectAt(rule['http'])['paths']).map(objectAt);
  return [
    ...faults.map((why) => invalidValue(`${field}.host`, host, why)),
    ...(rule['http'] !== undefined && paths.length === 0 ? [requiredValue(`${field}.http.paths`)] : []),
    ...paths.flatMap((path, index) => validatePath(`${field}.http.paths[${index}]`, path)),
  ];
}

function validatePath(field: string, { path, pathType, backend }: JsonObject): FieldError[] {
  const text = stringAt(path);
  return [
    ...validatePathType(`${field}.pathType`, pathType),
    ...(pathType !== IMPLEMENTATION_SPECIFIC && !text.startsWith('/')
      ? [invalidValue(`${field}.path`, text, 'must be an absolute path')]
      : []),
    ...validateBackend(`${field}.backend`, objectAt(backend)),
  ];
}

function validatePathType(field: string, type: unknown): FieldError[] {
  if (type === undefined) return [requiredValue(field, 'pathType must be specified')];
  return PATH_TYPES.includes(stringAt(type))
    ? []
    : [unsupportedValue(field, JSON.stringify(type), PATH_TYPES)];
}

const IMPLEMENTATION_SPECIFIC = 'ImplementationSpecific';
const PATH_TYPES = ['Exact', IMPLEMENTATION_SPECIFIC, 'Prefix'];

function validateBackend(field: string, { service: given, resource }: JsonObject): FieldError[] {
  if (resource !== undefined) {
    return given === undefined
      ? []
      : [invalidValue(field, '', 'cannot set both resource and service backends')];
  }
  if (given === undefined) return [requiredValue(field, 'must specify a service or a resource backend')];
  const service = objectAt(given);
  const name = stringAt(service['name']);
  const port = objectAt(service['port']);
  return [
    ...(name === ''
      ? [requiredValue(`${field}.service.name`)]
      : serviceNameFaults(name).map((why) => invalidValue(`${field}.service.name`, name, why))),
    ...validateServicePort(`${field}.service.port`, stringAt(port['name']), port['number'] ?? 0),
  ];
}

function validateServicePort(field: string, name: string, number: unknown): FieldError[] {
  if (name === '' && number === 0) return [requiredValue(field, 'port name or number is required')];
  if (name === '') return validatePort(`${field}.number`, number);
  return [
    ...(number === 0 ? [] : [invalidValue(field, '', 'cannot set both port name & port number')]),
    ...portNameFaults(name).map((why) => invalidValue(`${field}.name`, name, why)),
  ];
}
