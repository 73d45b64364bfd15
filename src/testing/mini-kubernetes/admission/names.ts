import { type JsonObject, objectAt, stringAt } from '../store/json.ts';
import type { ResourceName } from '../store/objects.ts';
import { type FieldError, invalidValue, requiredValue, tooLong } from './field-error.ts';

/** What is wrong with an object's name, labels and annotations. */
export function validateMeta(resource: ResourceName, metadata: JsonObject): FieldError[] {
  const name = stringAt(metadata['name']);
  if (name === '') return [requiredValue('metadata.name', 'name or generateName is required')];
  const why = NAME_RULES[resource](name);
  return [
    ...why.map((text) => invalidValue('metadata.name', name, text)),
    ...validateLabels('metadata.labels', objectAt(metadata['labels'])),
    ...validateAnnotations('metadata.annotations', objectAt(metadata['annotations'])),
  ];
}

export function validateLabels(field: string, labels: JsonObject): FieldError[] {
  return Object.entries(labels).flatMap(([key, value]) => [
    ...qualifiedNameFaults(key).map((why) => invalidValue(field, key, why)),
    ...labelValueFaults(String(value)).map((why) => invalidValue(field, value, why)),
  ]);
}

export function validateAnnotations(field: string, annotations: JsonObject): FieldError[] {
  const size = Object.entries(annotations).reduce(
    (sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(String(value)),
    0,
  );
  return [
    ...Object.keys(annotations).flatMap((key) =>
      qualifiedNameFaults(key.toLowerCase()).map((why) => invalidValue(field, key, why)),
    ),
    ...(size > MAX_ANNOTATIONS ? [tooLong(field, MAX_ANNOTATIONS)] : []),
  ];
}

const MAX_ANNOTATIONS = 262_144;

/** A label of DNS, as a container's or a namespace's name is. */
export const dnsLabelFaults = (value: string): string[] => [
  ...longerThan(value, 63),
  ...unless(
    value,
    /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/,
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end " +
      "with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is " +
      "'[a-z0-9]([-a-z0-9]*[a-z0-9])?')",
  ),
];

export const labelValueFaults = (value: string): string[] => [
  ...longerThan(value, 63),
  ...unless(
    value,
    /^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/,
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start " +
      "and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for " +
      "validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')",
  ),
];

/** The key of a label or an annotation: a name, with a domain before a slash where it has one. */
export function qualifiedNameFaults(key: string): string[] {
  const slash = key.indexOf('/');
  const name = key.slice(slash + 1);
  return [
    ...(slash === -1 ? [] : subdomainFaults(key.slice(0, slash)).map((why) => `prefix part ${why}`)),
    ...(name === ''
      ? ['name part must be non-empty']
      : longerThan(name, 63).map((why) => `name part ${why}`)),
    ...unless(
      name,
      /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/,
      "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an " +
        "alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is " +
        "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')",
    ),
  ];
}

export const subdomainFaults = (value: string): string[] => [
  ...longerThan(value, 253),
  ...unless(
    value,
    /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/,
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start " +
      "and end with an alphanumeric character (e.g. 'example.com', regex used for validation is " +
      "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
  ),
];

export const serviceNameFaults = (value: string): string[] => [
  ...longerThan(value, 63),
  ...unless(
    value,
    /^[a-z]([-a-z0-9]*[a-z0-9])?$/,
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, " +
      "and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is " +
      "'[a-z]([-a-z0-9]*[a-z0-9])?')",
  ),
];

/** The name of a port, as a container and a Service have it. */
export function portNameFaults(value: string): string[] {
  return [
    ...longerThan(value, 15),
    ...unless(
      value,
      /^[-a-z0-9]*$/,
      'must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)',
    ),
    ...unless(value, /[a-z]/, 'must contain at least one letter (a-z)'),
    ...unless(value, /^(?!.*--)/, 'must not contain consecutive hyphens'),
    ...unless(value, /^[^-]?(.*[^-])?$/, 'must not begin or end with a hyphen'),
  ];
}

/** What only has to be fit for a path: the names of roles. */
function pathSegmentFaults(value: string): string[] {
  if (value === '.' || value === '..') return [`may not be '${value}'`];
  return ['/', '%'].filter((sign) => value.includes(sign)).map((sign) => `may not contain '${sign}'`);
}

const longerThan = (value: string, limit: number) =>
  value.length > limit ? [`must be no more than ${limit} characters`] : [];

const unless = (value: string, pattern: RegExp, why: string) => (pattern.test(value) ? [] : [why]);

const NAME_RULES: { readonly [Name in ResourceName]: (name: string) => string[] } = {
  pods: subdomainFaults,
  jobs: subdomainFaults,
  secrets: subdomainFaults,
  configmaps: subdomainFaults,
  leases: subdomainFaults,
  deployments: subdomainFaults,
  ingresses: subdomainFaults,
  serviceaccounts: subdomainFaults,
  persistentvolumeclaims: subdomainFaults,
  roles: pathSegmentFaults,
  rolebindings: pathSegmentFaults,
  services: serviceNameFaults,
  namespaces: dnsLabelFaults,
};
