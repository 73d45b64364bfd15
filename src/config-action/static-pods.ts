import { isIP } from 'node:net';
import * as v from 'valibot';
import { validate } from '../core/validate.ts';
import type { PodSource } from './pod-source.ts';
import type { ConfigTarget } from './requester-config.ts';

/** A pod that the caller knows. */
export interface StaticPod {
  /** The pod's name: `nameTemplate` looks at it, and results have it. */
  readonly name: string;
  /** Its address, or the name of its host. */
  readonly ip: string;
  /** Not looked at; for the caller. */
  readonly labels?: Readonly<Record<string, string>> | undefined;
  /** The StatefulSet that it belongs to. @default none */
  readonly statefulSet?: string | undefined;
  /** The services that select it. @default none */
  readonly services?: readonly string[] | undefined;
}

/**
 * Pods that are known beforehand, in this order. No cluster is asked: a target's `service` is looked up in each pod's
 * `services`.
 *
 * @throws {ConfigError} for what is no pod
 */
export function staticPods(pods: readonly StaticPod[]): PodSource {
  const known = validate(v.array(staticPod), pods, 'pods');
  return {
    async *select(targets, options) {
      for (const target of targets) {
        for (const pod of known) {
          options?.signal?.throwIfAborted();
          if (isSelected(pod, target)) yield { target, name: pod.name, ip: pod.ip };
        }
      }
    },
  };
}

function isSelected(
  { name, statefulSet, services = [] }: v.InferOutput<typeof staticPod>,
  target: ConfigTarget,
): boolean {
  return (
    (target.service === undefined || services.includes(target.service)) &&
    (target.statefulSet === undefined || statefulSet === target.statefulSet) &&
    (target.namePattern?.foundIn(name) ?? true)
  );
}

const address = v.custom<string>(
  (value) =>
    typeof value === 'string' && (isIP(value) !== 0 || /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/i.test(value)),
  ({ received }) => `expected an IP address or the name of a host, without a port; received ${received}`,
);

const staticPod = v.strictObject({
  name: v.pipe(v.string(), v.nonEmpty('expected a name, received an empty text')),
  ip: address,
  labels: v.optional(v.record(v.string(), v.string())),
  statefulSet: v.optional(v.string()),
  services: v.optional(v.array(v.string())),
});
