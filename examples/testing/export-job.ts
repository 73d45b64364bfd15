import { type Kubernetes, KubernetesError, type KubernetesObject } from 'holdfast';

/**
 * Runs the export of a day as a Job, and resolves with the last line of its log. Called again for the same day, by whomever,
 * it goes on with the Job that is there.
 *
 * @throws Error with the Job's last words where it fails
 */
export async function runExport(kube: Kubernetes, day: string): Promise<string> {
  const name = `export-${day}`;
  try {
    await kube.create('jobs', jobOf(name, day));
  } catch (error) {
    if (!(error instanceof KubernetesError) || error.reason !== 'AlreadyExists') throw error;
  }
  const succeeded = await ended(kube, name);
  const words = await lastLine(kube, name);
  if (!succeeded) throw new Error(`${name} failed: ${words}`);
  return words;
}

function jobOf(name: string, day: string): KubernetesObject<'jobs'> {
  const container = { name: 'export', image: 'acme/export:1', env: [{ name: 'DAY', value: day }] };
  return {
    metadata: { name },
    spec: { backoffLimit: 0, template: { spec: { restartPolicy: 'Never', containers: [container] } } },
  };
}

async function ended(kube: Kubernetes, name: string): Promise<boolean> {
  for await (const event of kube.watch('jobs', { fieldSelector: `metadata.name=${name}` })) {
    if (event.type === 'synced') continue;
    if (event.type === 'deleted') throw new Error(`${name} was deleted before its end`);
    const is = (type: string) =>
      event.object.status?.conditions?.some(
        (condition) => condition.type === type && condition.status === 'True',
      );
    if (is('Complete')) return true;
    if (is('Failed')) return false;
  }
  throw new Error('a watch ends by an error only');
}

async function lastLine(kube: Kubernetes, name: string): Promise<string> {
  for await (const { metadata } of kube.list('pods', { labelSelector: `job-name=${name}` })) {
    return (await kube.podLog(metadata?.name ?? '', { tailLines: 1 })).trimEnd();
  }
  return '';
}
