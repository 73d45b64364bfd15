import type { KubernetesObject } from '../../src/kube/resources.ts';
import type { KubernetesWatchEvent } from '../../src/kube/watch-buffer.ts';

/** What somebody knows who believes each event of a watch, and what was wrong with them. */
export function openPicture() {
  const told = new Map<string, KubernetesObject<'pods'>>();
  const wrong: string[] = [];
  const counts = { added: 0, modified: 0, deleted: 0, synced: 0 };
  return {
    wrong,
    counts,
    versions: () => versions(told.values()),
    take: (event: KubernetesWatchEvent<KubernetesObject<'pods'>>) => {
      counts[event.type] += 1;
      if (event.type === 'synced') return;
      const { object, type } = event;
      const { name = '', uid, resourceVersion = '' } = object.metadata ?? {};
      const before = told.get(name)?.metadata;
      const complain = (why: string) => wrong.push(`${type} ${name} ${resourceVersion}: ${why}`);
      if (type === 'added' && before !== undefined) complain(`told before as ${before.resourceVersion}`);
      if (type !== 'added' && before?.uid !== uid) complain('not told before');
      if (type === 'modified' && Number(before?.resourceVersion) >= Number(resourceVersion)) {
        complain('not newer');
      }
      if (type === 'deleted') told.delete(name);
      else told.set(name, object);
    },
  };
}

/** Which pods in which state, in an order that can be compared. */
export const versions = (pods: Iterable<KubernetesObject<'pods'>>) =>
  [...pods].map(({ metadata }) => `${metadata?.name} ${metadata?.uid} ${metadata?.resourceVersion}`).sort();
