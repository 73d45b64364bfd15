import * as v from 'valibot';
import type { RequesterConfig } from '../../config-action/config-action.ts';
import { ENTRY_SCHEMAS, isObject, shown } from '../../config-action/config-schema.ts';
import { parseConfig } from '../../config-action/load-config.ts';
import type { ConfigEndpoint, ConfigTarget } from '../../config-action/requester-config.ts';
import { DetailError } from '../detail.ts';

/** Something of the config by its name, or one of the caller's own. */
export type Reference =
  | { readonly kind: 'name'; readonly value: string }
  | { readonly kind: 'config'; readonly value: object };

/** A target in a body: `{"kind": "name", "value": "…"}` or `{"kind": "config", "value": {…}}`. */
export const targetReference = referenceTo(
  v.pipe(
    ENTRY_SCHEMAS.targets,
    v.transform(({ name_template, ...rest }): object =>
      name_template === undefined ? rest : { ...rest, name_template: name_template.text },
    ),
  ),
);

/** An endpoint in a body. */
export const endpointReference = referenceTo(
  v.pipe(
    ENTRY_SCHEMAS.endpoints,
    v.transform(({ url, ...rest }): object => ({ ...rest, url: url.url })),
  ),
);

/** @throws {DetailError} 404 for an unknown name */
export function targetOf(reference: Reference, config: RequesterConfig): ConfigTarget {
  if (reference.kind === 'name') return named('target', config.targets, reference.value);
  return only(parseConfig({ targets: [reference.value] }).targets);
}

/** @throws {DetailError} 404 for an unknown name */
export function endpointOf(reference: Reference, config: RequesterConfig): ConfigEndpoint {
  if (reference.kind === 'name') return named('endpoint', config.endpoints, reference.value);
  return only(parseConfig({ endpoints: [reference.value] }).endpoints);
}

/** @throws {DetailError} 404 for an unknown name */
export function named<Value>(what: string, all: ReadonlyMap<string, Value>, name: string): Value {
  const found = all.get(name);
  if (found !== undefined) return found;
  const names = [...all.keys()].slice(0, 10).map(shown).join(', ');
  const known =
    names === '' ? 'are none' : `are ${names}${all.size > 10 ? ` and ${all.size - 10} more` : ''}`;
  throw new DetailError(404, `there is no ${what} ${shown(name)}; there ${known}`);
}

/** The entry is checked as one of a file is, and given on as it was written. */
function referenceTo(entry: v.GenericSchema<unknown, object>) {
  return v.variant('kind', [
    v.object({ kind: v.literal('name'), value: v.custom<string>(isText, 'expected a name as text') }),
    v.object({ kind: v.literal('config'), value: v.pipe(v.unknown(), v.transform(withoutNulls), entry) }),
  ]);
}

// Functions, for what stands above is made before a constant down here.
function isText(value: unknown): boolean {
  return typeof value === 'string';
}

/** Clients written in Python send `null` for what is not set. */
function withoutNulls(value: unknown): unknown {
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).filter(([, held]) => held !== null));
}

function only<Value>(all: ReadonlyMap<string, Value>): Value {
  for (const value of all.values()) return value;
  throw new TypeError('what was read is not there');
}
