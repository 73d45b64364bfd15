/** An object out of JSON of which nothing is known yet. */
export type JsonObject = Readonly<Record<string, unknown>>;

export const isJsonObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The object at `value`, or an empty one where there is something else. */
export const objectAt = (value: unknown): JsonObject => (isJsonObject(value) ? value : {});

/** The list at `value`, or an empty one where there is something else. */
export const listAt = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

export const stringAt = (value: unknown): string => (typeof value === 'string' ? value : '');

export const without = (object: JsonObject, ...fields: readonly string[]): JsonObject =>
  Object.fromEntries(Object.entries(object).filter(([field]) => !fields.includes(field)));

/** Without the fields that are `undefined`, which JSON would lose as well. */
export const compact = (object: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));
