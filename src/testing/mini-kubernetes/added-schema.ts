import { isIP } from 'node:net';
import * as v from 'valibot';
import { oneOf } from '../../core/validate.ts';

const texts = v.record(v.string(), v.string());

const common = {
  name: v.string(),
  namespace: v.optional(v.string()),
  labels: v.optional(texts),
  ports: v.optional(v.array(v.number())),
};

const ip = v.pipe(
  v.string(),
  v.check(
    (text) => isIP(text) !== 0,
    ({ received }) => `expected an IP address, received ${received}`,
  ),
);

/** What `addPod` takes, as far as Kubernetes does not check it itself. */
export const addedPodSchema = v.pipe(
  v.strictObject({
    ...common,
    annotations: v.optional(texts),
    statefulSet: v.optional(v.string()),
    ip: v.optional(v.nullable(ip)),
    image: v.optional(v.string()),
    args: v.optional(v.array(v.string())),
    env: v.optional(texts),
    restartPolicy: v.optional(oneOf('Always', 'OnFailure', 'Never')),
  }),
  v.check(
    (pod) => pod.ip === undefined || pod.image === undefined,
    'expected an ip or an image, received both',
  ),
);

/** What `addService` takes, as far as Kubernetes does not check it itself. */
export const addedServiceSchema = v.strictObject({
  ...common,
  selector: v.optional(texts),
  headless: v.optional(v.boolean()),
});
