import { fileURLToPath } from 'node:url';
import { refusePositionals, UsageError } from './arguments.ts';

/** What both programs that call pods say about their cluster. */
export const CLUSTER_HELP = `  --config FILE…       configs or ConfigMaps, in YAML or JSON; their lists are appended
                       [examples/deploy/config-action/config-map.yaml; needed with --kubeconfig]
  --kubeconfig PATH    the cluster; "in-cluster" takes what the environment gives: $KUBECONFIG,
                       ~/.kube/config or the service account of the pod this runs in.
                       Without it: a mini Kubernetes in this process, with a few Waku-like pods
  --namespace NS       where the pods are                   [that of the kubeconfig, or default]`;

export const CLUSTER_OPTIONS = ['config', 'kubeconfig', 'namespace'] as const;

export interface ClusterSettings {
  readonly config: readonly string[];
  /** Undefined: a mini Kubernetes in this process. */
  readonly kubeconfig: string | undefined;
  readonly namespace: string | undefined;
}

interface Given {
  readonly positionals: readonly string[];
  readonly options: { get(name: (typeof CLUSTER_OPTIONS)[number]): string | undefined };
}

/** @throws UsageError */
export function clusterSettings({ positionals, options }: Given): ClusterSettings {
  const first = options.get('config');
  const kubeconfig = options.get('kubeconfig');
  if (first === undefined) {
    refusePositionals(positionals);
    if (kubeconfig !== undefined) throw new UsageError('with --kubeconfig give a --config');
  }
  return {
    config: first === undefined ? [SAMPLE] : [first, ...positionals],
    kubeconfig,
    namespace: options.get('namespace'),
  };
}

const SAMPLE = fileURLToPath(new URL('../deploy/config-action/config-map.yaml', import.meta.url));
