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
  // Two nodes: a host that has the node in it as a part would differ.
  const [one, other] = ['192.0.2.1', '192.0.2.2'].map((node) => new URL(template.render(node, port)));
  if (one !== undefined && one.host === other?.host) {
    if (allowed.includes(one.hostname) || allowed.includes(one.host)) return;
  }
  const msg = 'the host must be {node}, or one that this server allows (allowHosts)';
  throw new DetailError(422, [{ loc: ['body', 'endpoint', 'value', 'url'], msg, type: 'host_not_allowed' }]);
}
