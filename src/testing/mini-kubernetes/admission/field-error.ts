import { qualifiedKind, type Resource } from '../store/resources.ts';
import { StatusError } from '../store/status-error.ts';

/** One thing that is wrong with a field. */
export interface FieldError {
  readonly reason:
    | 'FieldValueInvalid'
    | 'FieldValueRequired'
    | 'FieldValueNotFound'
    | 'FieldValueNotSupported'
    | 'FieldValueForbidden'
    | 'FieldValueDuplicate'
    | 'FieldValueTooLong';
  readonly field: string;
  readonly message: string;
}

/** A value as Go's `%#v` shows it in these messages: texts in quotes, what is not there as "null", the rest bare. */
const shown = (value: unknown) =>
  typeof value === 'string' || value === undefined ? JSON.stringify(value ?? 'null') : String(value);

/** An object of a type of Go's, of which only what is set is shown, as JSON; anything else as it is. */
export const inGo = (type: string, value: unknown): unknown =>
  typeof value === 'object' ? { toString: () => type + JSON.stringify(value) } : value;

/** A map of texts as Go shows it. */
export const mapInGo = (map: Readonly<Record<string, unknown>>): unknown => ({
  toString: () =>
    `map[string]string{${Object.entries(map)
      .map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`)
      .join(', ')}}`,
});

/** A number that may not be below 0. */
export const notNegative = (field: string, value: unknown): FieldError[] =>
  typeof value === 'number' && value < 0
    ? [invalidValue(field, value, 'must be greater than or equal to 0')]
    : [];

export const invalidValue = (field: string, value: unknown, why: string): FieldError => ({
  reason: 'FieldValueInvalid',
  field,
  message: `Invalid value: ${shown(value)}: ${why}`,
});

export const requiredValue = (field: string, why = ''): FieldError => ({
  reason: 'FieldValueRequired',
  field,
  message: `Required value${why === '' ? '' : `: ${why}`}`,
});

export const notFoundValue = (field: string, value: unknown): FieldError => ({
  reason: 'FieldValueNotFound',
  field,
  message: `Not found: ${shown(value)}`,
});

export const unsupportedValue = (field: string, value: string, supported: readonly string[]): FieldError => ({
  reason: 'FieldValueNotSupported',
  field,
  message: `Unsupported value: ${value}: supported values: ${supported.map((word) => `"${word}"`).join(', ')}`,
});

export const forbiddenValue = (field: string, why: string): FieldError => ({
  reason: 'FieldValueForbidden',
  field,
  message: `Forbidden: ${why}`,
});

export const duplicateValue = (field: string, value: unknown): FieldError => ({
  reason: 'FieldValueDuplicate',
  field,
  message: `Duplicate value: ${shown(value)}`,
});

export const tooLong = (field: string, limit: number): FieldError => ({
  reason: 'FieldValueTooLong',
  field,
  message: `Too long: may not be more than ${limit} bytes`,
});

/** @throws StatusError 422 with one cause each; nothing where there is none. */
export function refuseInvalid(resource: Resource, name: string, errors: readonly FieldError[]): void {
  if (errors.length === 0) return;
  throw invalid(qualifiedKind(resource), resource.group, resource.kind, name, errors);
}

/** 422. The message does not repeat itself where two causes are the same; the causes do. */
export function invalid(
  title: string,
  group: string,
  kind: string,
  name: string,
  errors: readonly FieldError[],
): StatusError {
  const texts = [...new Set(errors.map(({ field, message }) => `${field}: ${message}`))];
  const all = texts.length === 1 ? texts[0] : `[${texts.join(', ')}]`;
  return new StatusError(422, 'Invalid', `${title} "${name}" is invalid: ${all}`, {
    ...(name === '' ? {} : { name }),
    ...(group === '' ? {} : { group }),
    ...(kind === '' ? {} : { kind }),
    causes: errors.map(({ reason, message, field }) => ({ reason, message, field })),
  });
}
