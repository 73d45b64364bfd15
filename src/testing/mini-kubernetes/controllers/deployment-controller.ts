import { createHash } from 'node:crypto';
import type { Clock } from '../../../core/clock.ts';
import { deleteObject } from '../store/deletion.ts';
import { isJsonObject } from '../store/json.ts';
import type { Deployment, Draft, Pod } from '../store/objects.ts';
import type { Store } from '../store/store.ts';
import { timestamp } from '../store/time.ts';
import { controllerOf, controllerReference, keyOf, newPod, podsOf } from './controlled-pods.ts';
import type { Dependents } from './dependents.ts';
import { planDeployment } from './deployment-plan.ts';
import { WorkQueue } from './work-queue.ts';

export interface DeploymentControllerOptions {
  readonly store: Store;
  readonly dependents: Dependents;
  readonly clock: Clock;
  /** Milliseconds from a change of a Deployment or of a pod of one until the controller acts. */
  readonly reactDelay: number;
}

/** Keeps as many pods of Deployments as they ask for. @returns the function that stops it. */
export function startDeploymentController(options: DeploymentControllerOptions): () => void {
  const { store, dependents, clock, reactDelay } = options;

  const queue = new WorkQueue(clock, (key) => {
    const [namespace = '', name = ''] = key.split('/');
    const deployment = store.get('deployments', namespace, name);
    // One that is on its way out is the garbage collector's.
    if (deployment === undefined || deployment.metadata.deletionTimestamp !== undefined) return;
    const hash = templateHash(deployment);
    const plan = planDeployment({
      deployment,
      pods: podsOf(dependents, deployment),
      isCurrent: ({ metadata }) => metadata.labels?.[TEMPLATE_HASH] === hash,
      now: timestamp(clock.now()),
    });
    for (let made = 0; made < plan.create; made += 1) store.create('pods', podOfDeployment(deployment, hash));
    for (const { metadata } of plan.remove) {
      deleteObject(store, 'pods', metadata.namespace, metadata.name, {
        preconditions: { uid: metadata.uid },
      });
    }
    store.update('deployments', { ...deployment, status: plan.status });
  });

  const unsubscribe = store.subscribe(({ type, resource, object }) => {
    if (resource === 'deployments' && type !== 'DELETED') queue.add(keyOf(object), reactDelay);
    if (resource !== 'pods') return;
    const owner = controllerOf(object as Pod);
    if (owner?.kind === 'Deployment')
      queue.add(`${object.metadata.namespace ?? ''}/${owner.name}`, reactDelay);
  });
  for (const deployment of store.list('deployments')) queue.add(keyOf(deployment), reactDelay);
  return () => {
    unsubscribe();
    queue.close();
  };
}

/** Tells pods of one template from those of the next. */
const TEMPLATE_HASH = 'pod-template-hash';

const templateHash = ({ spec }: Deployment) =>
  createHash('sha256').update(JSON.stringify(spec.template, inOrder)).digest('hex').slice(0, 10);

/** For `JSON.stringify`: the same text, in whatever order an object's fields were sent. */
const inOrder = (_: string, value: unknown): unknown =>
  isJsonObject(value)
    ? Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)))
    : value;

function podOfDeployment({ metadata, spec: { template } }: Deployment, hash: string): Draft<Pod> {
  const { labels, annotations } = template.metadata ?? {};
  return newPod(
    {
      generateName: `${metadata.name}-${hash}-`,
      namespace: metadata.namespace,
      labels: { ...labels, [TEMPLATE_HASH]: hash },
      ...(annotations === undefined ? {} : { annotations }),
      ownerReferences: [controllerReference('apps/v1', 'Deployment', metadata)],
    },
    template.spec,
  );
}
