import { StatusError } from '../store/status-error.ts';
import type { RequestInfo, ResourceRequest } from './request-info.ts';

/** What a bearer token stands for. */
export interface TokenGrant {
  /** As it stands in the messages of refusals. */
  readonly user: string;
  /** `'all'`, or what is allowed by any of the rules. @default 'all' */
  readonly allow?: 'all' | readonly AccessRule[];
  /** `true`: the token is answered with 401, as one that nobody knows. @default false */
  readonly expired?: boolean;
}

/** What a user may do, a rule of a Role as it is. In each list `*` stands for everything. */
export interface AccessRule {
  /** `get`, `list`, `watch`, `create`, `update`, `patch`, `delete`, `deletecollection` */
  readonly verbs: readonly string[];
  /** In plural: `pods`, `jobs`; a part of one by a slash: `pods/log`, `pods/proxy`. */
  readonly resources: readonly string[];
  /** Names of API groups, `''` for that of pods, as the rules of a Role have them. @default all of them */
  readonly apiGroups?: readonly string[];
  /** @default all of them, and what is across namespaces */
  readonly namespaces?: readonly string[];
}

/** Bearer tokens, each with what it stands for. */
export type Tokens = Readonly<Record<string, TokenGrant>>;

interface RequestUser {
  readonly name: string;
  readonly allow: 'all' | readonly AccessRule[];
}

export interface Credentials {
  readonly authorization: string | undefined;
  readonly impersonate: string | undefined;
}

/**
 * Finds out who asks, and whether he may. Without `tokens` everybody may do everything.
 * @throws StatusError 401 for a token that is unknown or expired; 403.
 */
export function authorize(tokens: Tokens | undefined, credentials: Credentials, info: RequestInfo): void {
  if (tokens === undefined) return;
  const user = actingUser(authenticate(tokens, credentials.authorization), credentials.impersonate);
  if (user.allow === 'all' || (info.type === 'path' && isOpen(user, info.path))) return;
  if (info.type === 'path') {
    const message = `forbidden: User "${user.name}" cannot ${info.method} path "${info.path}"`;
    throw new StatusError(403, 'Forbidden', message, {});
  }
  if (!user.allow.some((rule) => allows(rule, info))) throw forbidden(user, info);
}

const ANONYMOUS: RequestUser = { name: 'system:anonymous', allow: [] };

function authenticate(tokens: Tokens, authorization: string | undefined): RequestUser {
  const token = /^bearer +(.*)$/i.exec(authorization ?? '')?.[1];
  if (token === undefined) return ANONYMOUS;
  const grant = Object.hasOwn(tokens, token) ? tokens[token] : undefined;
  if (grant === undefined || grant.expired === true)
    throw new StatusError(401, 'Unauthorized', 'Unauthorized');
  return { name: grant.user, allow: grant.allow ?? 'all' };
}

/** Who may do everything may also act as somebody else, who here has no rights of his own. */
const actingUser = (user: RequestUser, other: string | undefined): RequestUser =>
  other === undefined || user.allow !== 'all' ? user : { name: other, allow: [] };

/** Health and version are for everybody, discovery for everybody who is known. */
const isOpen = (user: RequestUser, path: string) =>
  /^\/(version|healthz|readyz|livez)\/?$/.test(path) || (user !== ANONYMOUS && /^\/apis?(\/|$)/.test(path));

function allows(rule: AccessRule, info: ResourceRequest): boolean {
  const { verbs, resources, apiGroups, namespaces } = rule;
  return (
    includes(verbs, info.verb) &&
    includes(resources, resourceOf(info)) &&
    (apiGroups === undefined || includes(apiGroups, info.group)) &&
    (namespaces === undefined || includes(namespaces, info.namespace))
  );
}

const includes = (list: readonly string[], word: string) => list.includes('*') || list.includes(word);

const resourceOf = ({ resource, subresource }: ResourceRequest) =>
  subresource === '' ? resource : `${resource}/${subresource}`;

function forbidden(user: RequestUser, info: ResourceRequest): StatusError {
  const { group, resource, namespace, name, verb } = info;
  const what = `${group === '' ? resource : `${resource}.${group}`}${name === '' ? '' : ` "${name}"`}`;
  const where = namespace === '' ? 'at the cluster scope' : `in the namespace "${namespace}"`;
  const message =
    `${what} is forbidden: User "${user.name}" cannot ${verb} resource "${resourceOf(info)}" ` +
    `in API group "${group}" ${where}`;
  return new StatusError(403, 'Forbidden', message, {
    ...(name === '' ? {} : { name }),
    ...(group === '' ? {} : { group }),
    kind: resource,
  });
}
