import type { ConfigEndpoint } from '../../config-action/requester-config.ts';
import { DetailError } from '../detail.ts';

/**
 * An endpoint that a caller brings along could make the server send anything anywhere: its host must be the pod itself, or
 * one of those that are allowed, as `name` (any port) or `name:port`.
 *
 * @throws {DetailError} 422
 */
export function checkHost({ template }: ConfigEndpoint, port: number, allowed: readonly string[]): void {
  if (template.hostIsNode) return;
  // With this target's port it may be no url any more.
  const { hostname = '', host = '' } = URL.parse(template.render('192.0.2.1', port)) ?? {};
  if (allowed.includes(hostname) || allowed.includes(host)) return;
  const msg = 'the host must be {node}, or one that this server allows (allowHosts)';
  throw new DetailError(422, [{ loc: ['body', 'endpoint', 'value', 'url'], msg, type: 'host_not_allowed' }]);
}
