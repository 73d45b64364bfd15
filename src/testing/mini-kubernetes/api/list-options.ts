import { type FieldError, forbiddenValue, invalid, unsupportedValue } from '../admission/field-error.ts';
import type { KubeObject, ResourceName } from '../store/objects.ts';
import { badRequest } from '../store/refusals.ts';
import { StatusError } from '../store/status-error.ts';
import { parseFieldSelector } from './field-selector.ts';
import { parseLabelSelector } from './label-selector.ts';

/** The query of a list, a watch or a delete of a collection. */
export interface ListOptions {
  readonly matches: (object: KubeObject) => boolean;
  /** Whether there is any selector. */
  readonly selects: boolean;
  /** 0: no limit. */
  readonly limit: number;
  readonly continue: string;
  /** `undefined`: the newest. 0: any. */
  readonly version: number | undefined;
  readonly versionMatch: string;
  /** `undefined`: as long as the server likes. */
  readonly timeoutSeconds: number | undefined;
  readonly bookmarks: boolean;
  readonly sendInitialEvents: boolean;
}

/** @throws StatusError 400, 422 or, for a resourceVersion that is no number, 500. */
export function readListOptions(
  resource: ResourceName,
  query: URLSearchParams,
  watches: boolean,
): ListOptions {
  const labels = parseLabelSelector(query.get('labelSelector') ?? '');
  const fields = parseFieldSelector(resource, query.get('fieldSelector') ?? '');
  const limit = readInteger(query.get('limit')) ?? 0;
  const timeoutSeconds = readInteger(query.get('timeoutSeconds'));
  const sendInitialEvents = query.get('sendInitialEvents') === 'true';
  const versionMatch = query.get('resourceVersionMatch') ?? '';
  const versionText = query.get('resourceVersion') ?? '';
  checkMatch(versionMatch, versionText, sendInitialEvents, watches);
  return {
    matches: (object) => labels(object.metadata.labels ?? {}) && fields(object),
    selects: (query.get('labelSelector') ?? '') !== '' || (query.get('fieldSelector') ?? '') !== '',
    // One name is one read, which knows no pages.
    limit: /(^|,)metadata\.name==?[^,]/.test(query.get('fieldSelector') ?? '') ? 0 : Math.max(limit, 0),
    continue: query.get('continue') ?? '',
    version: readVersion(versionText),
    versionMatch,
    timeoutSeconds,
    bookmarks: ['true', '1'].includes(query.get('allowWatchBookmarks') ?? ''),
    sendInitialEvents,
  };
}

function readInteger(text: string | null): number | undefined {
  if (text === null || text === '') return undefined;
  if (!/^[+-]?\d+$/.test(text))
    throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
  return Number(text);
}

function readVersion(text: string): number | undefined {
  if (text === '') return undefined;
  if (/^\d+$/.test(text)) return Number(text);
  const why = `strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax`;
  throw new StatusError(500, undefined, `resourceVersion: Invalid value: ${JSON.stringify(text)}: ${why}`);
}

function checkMatch(match: string, version: string, sendInitialEvents: boolean, watches: boolean): void {
  if (sendInitialEvents) {
    if (match === 'NotOlderThan') return;
    throw refused(
      forbiddenValue(MATCH, 'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan'),
    );
  }
  if (match === '') return;
  if (watches) {
    throw refused(
      forbiddenValue(
        MATCH,
        'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided',
      ),
    );
  }
  if (version === '') {
    throw refused(
      forbiddenValue(MATCH, 'resourceVersionMatch is forbidden unless resourceVersion is provided'),
    );
  }
  if (match !== 'Exact' && match !== 'NotOlderThan') {
    throw refused(unsupportedValue(MATCH, JSON.stringify(match), ['Exact', 'NotOlderThan', '']));
  }
  if (match === 'Exact' && version === '0') {
    throw refused(forbiddenValue(MATCH, 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"'));
  }
}

const MATCH = 'resourceVersionMatch';

const refused = (error: FieldError) =>
  invalid('ListOptions.meta.k8s.io', 'meta.k8s.io', 'ListOptions', '', [error]);
