import { type JsonObject, listAt, objectAt, stringAt } from '../store/json.ts';

/** Whether the `selector` of an object, in its structured form, fits `labels`. */
export function selectorMatches(selector: JsonObject, labels: JsonObject): boolean {
  const wanted = Object.entries(objectAt(selector['matchLabels']));
  const expressions = listAt(selector['matchExpressions']).map(objectAt);
  return (
    wanted.every(([key, value]) => labels[key] === value) &&
    expressions.every((expression) => fits(expression, labels))
  );
}

export const isEmptySelector = (selector: JsonObject): boolean =>
  Object.keys(objectAt(selector['matchLabels'])).length === 0 &&
  listAt(selector['matchExpressions']).length === 0;

function fits({ key, operator, values }: JsonObject, labels: JsonObject): boolean {
  const value = labels[stringAt(key)];
  switch (operator) {
    case 'In':
      return value !== undefined && listAt(values).includes(value);
    case 'NotIn':
      return value === undefined || !listAt(values).includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    default:
      return false;
  }
}
