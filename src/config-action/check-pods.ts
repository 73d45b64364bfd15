import * as v from 'valibot';
import { validate } from '../core/validate.ts';
import type { PodSource } from './pod-source.ts';

/** @throws {ConfigError} for what no pods can be selected from, such as a plain list of them */
export function checkPods(pods: unknown): void {
  validate(podSource, pods, 'pods');
}

const podSource = v.custom<PodSource>(
  (value) =>
    typeof value === 'object' && value !== null && typeof Reflect.get(value, 'select') === 'function',
  ({ received }) =>
    `expected a source of pods, received ${received}; pass staticPods([{ name, ip }]) or kubernetesPods(kube)`,
);
