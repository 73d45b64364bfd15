import { isDeepStrictEqual } from 'node:util';
import { type JsonObject, listAt, objectAt, stringAt } from '../store/json.ts';
import { type FieldError, invalidValue, requiredValue, unsupportedValue } from './field-error.ts';
import { subdomainFaults } from './names.ts';

const GROUP = 'rbac.authorization.k8s.io';

/** What is wrong with the rules of a Role. */
export function validateRole(role: JsonObject): FieldError[] {
  return listAt(role['rules'])
    .map(objectAt)
    .flatMap((rule, index) => validateRule(`rules[${index}]`, rule));
}

function validateRule(field: string, rule: JsonObject): FieldError[] {
  const isEmpty = (name: string) => listAt(rule[name]).length === 0;
  const urls = listAt(rule['nonResourceURLs']).map((url) => JSON.stringify(url));
  const verbs = isEmpty('verbs')
    ? [requiredValue(`${field}.verbs`, 'verbs must contain at least one value')]
    : [];
  if (urls.length > 0) {
    const list = { toString: () => `[]string{${urls.join(', ')}}` };
    const why = 'namespaced rules cannot apply to non-resource URLs';
    return [...verbs, invalidValue(`${field}.nonResourceURLs`, list, why)];
  }
  return [
    ...verbs,
    ...(isEmpty('apiGroups')
      ? [requiredValue(`${field}.apiGroups`, 'resource rules must supply at least one api group')]
      : []),
    ...(isEmpty('resources')
      ? [requiredValue(`${field}.resources`, 'resource rules must supply at least one resource')]
      : []),
  ];
}

/** A RoleBinding whose references have the groups that the API server fills in. */
export function defaultRoleBinding(body: JsonObject): JsonObject {
  const { subjects } = body;
  const roleRef = objectAt(body['roleRef']);
  return {
    ...body,
    roleRef: { ...roleRef, apiGroup: roleRef['apiGroup'] || GROUP },
    ...(subjects === undefined ? {} : { subjects: listAt(subjects).map(defaultSubject) }),
  };
}

function defaultSubject(given: unknown): JsonObject {
  const subject = objectAt(given);
  const isPerson = subject['kind'] === 'User' || subject['kind'] === 'Group';
  return isPerson && !subject['apiGroup'] ? { ...subject, apiGroup: GROUP } : subject;
}

/** What is wrong with a RoleBinding after defaulting. */
export function validateRoleBinding(binding: JsonObject): FieldError[] {
  const { apiGroup, kind, name } = objectAt(binding['roleRef']);
  return [
    ...oneOf('roleRef.apiGroup', apiGroup, [GROUP]),
    ...oneOf('roleRef.kind', kind, ['Role', 'ClusterRole']),
    ...(stringAt(name) === '' ? [requiredValue('roleRef.name')] : []),
    ...listAt(binding['subjects'])
      .map(objectAt)
      .flatMap((subject, index) => validateSubject(`subjects[${index}]`, subject)),
  ];
}

/** What an update changes that may not be changed. */
export function validateRoleBindingUpdate(before: JsonObject, after: JsonObject): FieldError[] {
  if (isDeepStrictEqual(before['roleRef'], after['roleRef'])) return [];
  const { apiGroup, kind, name } = objectAt(after['roleRef']);
  const shown = [apiGroup, kind, name].map((text) => JSON.stringify(text ?? ''));
  const ref = {
    toString: () => `rbac.RoleRef{APIGroup:${shown[0]}, Kind:${shown[1]}, Name:${shown[2]}}`,
  };
  return [invalidValue('roleRef', ref, 'cannot change roleRef')];
}

function validateSubject(field: string, { kind, name: given, apiGroup }: JsonObject): FieldError[] {
  const name = stringAt(given);
  const isAccount = kind === 'ServiceAccount';
  const faults = isAccount && name !== '' ? subdomainFaults(name) : [];
  return [
    ...(name === '' ? [requiredValue(`${field}.name`)] : []),
    ...faults.map((why) => invalidValue(`${field}.name`, name, why)),
    ...oneOf(`${field}.kind`, kind, SUBJECTS),
    ...(SUBJECTS.includes(stringAt(kind))
      ? oneOf(`${field}.apiGroup`, apiGroup ?? '', [isAccount ? '' : GROUP])
      : []),
  ];
}

const SUBJECTS = ['ServiceAccount', 'User', 'Group'];

const oneOf = (field: string, value: unknown, words: readonly string[]): FieldError[] =>
  words.includes(stringAt(value)) ? [] : [unsupportedValue(field, JSON.stringify(stringAt(value)), words)];
