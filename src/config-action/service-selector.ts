import { HoldfastError } from '../core/errors.ts';
import type { KubernetesObject } from '../kube/resources.ts';

/**
 * The label selector for the pods of a service.
 *
 * @throws {HoldfastError} with code `SERVICE_SELECTS_NOTHING`
 */
export function selectorOf(service: KubernetesObject<'services'>): string {
  const labels = Object.entries(service.spec?.selector ?? {});
  if (labels.length > 0) {
    return labels
      .map(([label, value]) => `${label}=${value}`)
      .sort()
      .join(',');
  }
  const name = service.metadata?.name ?? '';
  const message = `The service ${name} has no selector and so no pods of its own; name another, or select by stateful_set or name_template`;
  throw new HoldfastError(message, { code: 'SERVICE_SELECTS_NOTHING' });
}
