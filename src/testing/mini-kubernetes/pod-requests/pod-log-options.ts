import { badRequest } from '../store/refusals.ts';
import { type StatusCause, StatusError } from '../store/status-error.ts';

/** What a request for a log asks for. */
export interface LogOptions {
  readonly container: string | undefined;
  readonly previous: boolean;
  readonly follow: boolean;
  readonly timestamps: boolean;
  readonly tailLines: number | undefined;
  readonly limitBytes: number | undefined;
  readonly sinceSeconds: number | undefined;
  /** Milliseconds since the epoch. */
  readonly since: number | undefined;
}

/** @throws StatusError 400 for what is no number or time, 422 for one that is out of range. */
export function parseLogOptions(query: URLSearchParams, pod: string): LogOptions {
  const options: LogOptions = {
    container: query.get('container') ?? undefined,
    previous: isSet(query, 'previous'),
    follow: isSet(query, 'follow'),
    timestamps: isSet(query, 'timestamps'),
    tailLines: whole(query, 'tailLines'),
    limitBytes: whole(query, 'limitBytes'),
    sinceSeconds: whole(query, 'sinceSeconds'),
    since: time(query, 'sinceTime'),
  };
  const causes = [
    ...outOfRange('tailLines', options.tailLines, 0),
    ...outOfRange('limitBytes', options.limitBytes, 1),
    ...(options.sinceSeconds !== undefined && options.since !== undefined ? [TWO_BEGINNINGS] : []),
    ...outOfRange('sinceSeconds', options.sinceSeconds, 1),
  ];
  if (causes.length > 0) throw invalid(pod, causes);
  return options;
}

function isSet(query: URLSearchParams, name: string): boolean {
  const value = query.get(name);
  return value !== null && value !== 'false' && value !== '0';
}

function whole(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null || text === '') return undefined;
  if (!/^[+-]?\d+$/.test(text)) throw badRequest(`strconv.ParseInt: parsing "${text}": invalid syntax`);
  return Number(text);
}

function time(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null || text === '') return undefined;
  const parsed = Date.parse(text);
  if (Number.isNaN(parsed)) throw badRequest(`parsing time "${text}": expected RFC 3339`);
  return parsed;
}

function outOfRange(field: string, value: number | undefined, least: 0 | 1): readonly StatusCause[] {
  if (value === undefined || value >= least) return [];
  const bound = least === 0 ? 'greater than or equal to 0' : 'greater than 0';
  return [{ reason: 'FieldValueInvalid', message: `Invalid value: ${value}: must be ${bound}`, field }];
}

const TWO_BEGINNINGS: StatusCause = {
  reason: 'FieldValueForbidden',
  message: 'Forbidden: at most one of `sinceTime` or `sinceSeconds` may be specified',
  // The real one names no field here.
  field: '[]',
};

function invalid(pod: string, causes: readonly StatusCause[]): StatusError {
  const texts = causes.map(({ field, message }) => `${field}: ${message}`);
  const [first = '', ...others] = texts;
  const text = others.length === 0 ? first : `[${texts.join(', ')}]`;
  return new StatusError(422, 'Invalid', `PodLogOptions "${pod}" is invalid: ${text}`, {
    name: pod,
    kind: 'PodLogOptions',
    causes,
  });
}
