import * as v from 'valibot';

/** What stands in a path must be a name that the API takes, or it would reach something else. */
export const objectName = v.custom<string>(
  (value) => typeof value === 'string' && value.length <= 253 && subdomain.test(value),
  ({ received }) =>
    `expected a name of at most 253 lower-case letters, digits, "-" and "." that begins and ends with a letter or digit, received ${received}`,
);

export const namespaceName = v.custom<string>(
  (value) => typeof value === 'string' && value.length <= 63 && label.test(value),
  ({ received }) =>
    `expected a namespace of at most 63 lower-case letters, digits and "-" that begins and ends with a letter or digit, received ${received}`,
);

// RFC 1123 as Kubernetes reads it: "Object Names and IDs" in its documentation.
const subdomain = /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/;
const label = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
