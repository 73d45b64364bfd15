import * as v from 'valibot';
import type { Clock, Random } from '../../core/clock.ts';
import { callable, count, having, milliseconds } from '../../core/validate.ts';
import type { FaultPlan } from '../fault-plan.ts';
import { dnsLabelFaults } from './admission/names.ts';
import type { Image } from './kubelet/image.ts';

const dnsLabel = (what: string) =>
  v.pipe(
    v.string(),
    v.check(
      (name) => dnsLabelFaults(name).length === 0,
      ({ received }) => `expected the name of a ${what}: at most 63 of a-z, 0-9 and -, received ${received}`,
    ),
  );

const words = v.array(v.string());

const rule = v.strictObject({
  verbs: words,
  resources: words,
  apiGroups: v.optional(words),
  namespaces: v.optional(words),
});

const grant = v.strictObject({
  user: v.pipe(v.string(), v.nonEmpty("expected a user's name, received an empty text")),
  allow: v.optional(v.lazy((value) => (Array.isArray(value) ? v.array(rule) : v.literal('all')))),
  expired: v.optional(v.boolean()),
});

/** Passed on as they are: a message about them would show a token, which is a key here. */
const tokens = v.pipe(
  v.custom<object>((value) => typeof value === 'object' && value !== null, 'expected an object of tokens'),
  v.check(
    (value) => Object.keys(value).every((token) => /^[!-~]+$/.test(token)),
    'expected tokens that can be sent in a header: visible ASCII without spaces',
  ),
  v.check(
    (value) => Object.values(value).every((one) => v.is(grant, one)),
    "expected for each token { user, allow?: 'all' | { verbs, resources, apiGroups?, namespaces? }[], expired? }",
  ),
);

const port = v.custom<number>(
  (value) => Number.isInteger(value) && Number(value) >= 0 && Number(value) <= 65_535,
  ({ received }) => `expected a port from 0 to 65535, received ${received}`,
);

/** The options of a mini Kubernetes, checked. */
export const optionsSchema = v.strictObject({
  images: v.optional(v.record(v.string(), callable<Image>())),
  faults: v.optional(having<FaultPlan>('next')),
  tokens: v.optional(tokens),
  // Not a union: that would report what is wrong with either form.
  nodes: v.optional(
    v.lazy((value) =>
      typeof value === 'number'
        ? count(1)
        : v.pipe(
            v.array(dnsLabel('node')),
            v.minLength(1, 'expected at least one node, received none'),
            v.check(
              (names) => new Set(names).size === names.length,
              'expected a name of its own for each node, received one twice',
            ),
          ),
    ),
  ),
  namespaces: v.optional(v.array(dnsLabel('namespace'))),
  historyLimit: v.optional(count(1)),
  retryDelay: v.optional(milliseconds()),
  port: v.optional(port),
  clock: v.optional(having<Clock>('now', 'monotonic', 'setTimer')),
  random: v.optional(callable<Random>()),
});
