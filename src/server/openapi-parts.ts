/** A schema of the description's own. */
export const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` });

export const text = { type: 'string' };
export const whole = { type: 'integer' };
export const number = { type: 'number' };
export const list = (items: object) => ({ type: 'array', items });
/** All of its fields are there but the optional ones. */
export const object = (properties: object, ...optional: readonly string[]) => ({
  type: 'object',
  properties,
  required: Object.keys(properties).filter((name) => !optional.includes(name)),
});

const json = (schema: object) => ({ content: { 'application/json': { schema } } });
export const body = (schema: object) => ({ requestBody: { required: true, ...json(schema) } });
export const answer = (description: string, schema: object) => ({ description, ...json(schema) });

/** The schemas of `{"detail": …}`; to be put among the description's own. */
export const details = {
  Detail: object({ detail: text }),
  ValidationDetail: object({
    detail: list(object({ loc: list({ oneOf: [text, whole] }), msg: text, type: text })),
  }),
};
export const detail = (description: string) => answer(description, ref('Detail'));
export const unfit = answer('The body does not fit', ref('ValidationDetail'));
