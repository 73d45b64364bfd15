import { apiVersionOf, RESOURCES, type Resource } from '../store/resources.ts';
import { type Answer, objectAnswer, textAnswer } from './answer.ts';

/** Answers what is no resource: version, health, and what there is. */
export function answerPath(method: string, path: string): Answer {
  const bare = path.length > 1 ? path.replace(/\/$/, '') : path;
  if (method !== 'get' && method !== 'head') return notFoundText();
  if (/^\/(healthz|readyz|livez)$/.test(bare)) return textAnswer(200, 'ok');
  if (bare === '/version') return objectAnswer(200, VERSION);
  if (bare === '/api') return objectAnswer(200, { kind: 'APIVersions', versions: ['v1'] });
  if (bare === '/apis') {
    return objectAnswer(200, { kind: 'APIGroupList', apiVersion: 'v1', groups: namedGroups().map(apiGroup) });
  }
  const [, prefix, group = '', version] = /^\/(apis?)\/([^/]+)(?:\/([^/]+))?$/.exec(bare) ?? [];
  if (prefix === 'api' && group === 'v1') return resourceList('', 'v1');
  if (prefix !== 'apis' || !namedGroups().includes(group)) return notFoundText();
  if (version === undefined)
    return objectAnswer(200, { kind: 'APIGroup', apiVersion: 'v1', ...apiGroup(group) });
  return resourceList(group, version);
}

export const notFoundText = (): Answer => textAnswer(404, '404 page not found\n');

/** What clients are told they talk to: the version the answers were taken from. */
const VERSION = {
  major: '1',
  minor: '32',
  gitVersion: 'v1.32.13',
  gitCommit: '0000000000000000000000000000000000000000',
  gitTreeState: 'clean',
  buildDate: '2026-01-01T00:00:00Z',
  goVersion: 'go1.23.5',
  compiler: 'gc',
  platform: 'linux/amd64',
};

const namedGroups = () => [
  ...new Set(
    Object.values(RESOURCES)
      .map(({ group }) => group)
      .filter((group) => group !== ''),
  ),
];

const apiGroup = (name: string) => {
  const version = { groupVersion: `${name}/v1`, version: 'v1' };
  return { name, versions: [version], preferredVersion: version };
};

function resourceList(group: string, version: string): Answer {
  const found = Object.values(RESOURCES).filter(
    (resource) => resource.group === group && resource.version === version,
  );
  const [first] = found;
  if (first === undefined) return notFoundText();
  return objectAnswer(200, {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion: apiVersionOf(first),
    resources: found.flatMap(describe),
  });
}

function describe({ name, kind, namespaced }: Resource): object[] {
  const singularName = kind.toLowerCase();
  const whole = { name, singularName, namespaced, kind, verbs: VERBS };
  const part = (subresource: string, verbs: readonly string[]) => ({
    name: `${name}/${subresource}`,
    singularName: '',
    namespaced,
    kind,
    verbs,
  });
  switch (name) {
    case 'pods':
      return [whole, part('log', ['get']), part('proxy', PROXY_VERBS), part('status', STATUS_VERBS)];
    case 'services':
      return [whole, part('proxy', PROXY_VERBS), part('status', STATUS_VERBS)];
    case 'jobs':
    case 'deployments':
    case 'ingresses':
    case 'persistentvolumeclaims':
      return [whole, part('status', STATUS_VERBS)];
    default:
      return [whole];
  }
}

const VERBS = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];
const PROXY_VERBS = ['create', 'delete', 'get', 'patch', 'update'];
const STATUS_VERBS = ['get', 'patch', 'update'];
