import {
  type ClusterClientOptions,
  connectKubernetes,
  fileJournal,
  type Journal,
  type Kubernetes,
  leaseLock,
} from 'holdfast';

/** What a process shares with others that work on the same groups. */
export interface FleetSettings {
  /** The file of this machine's journal. */
  readonly journal: string | undefined;
  /** What the names of the Leases begin with. */
  readonly lease: string | undefined;
  readonly kubeconfig: string | undefined;
  readonly namespace: string | undefined;
}

export interface Fleet extends AsyncDisposable {
  /** For a `ClusterClient`. */
  readonly options: Pick<ClusterClientOptions, 'journal' | 'lock'>;
}

/** Opens the journal, and the Kubernetes whose Leases keep the fleet apart; both as far as they are asked for. */
export function openFleet({ journal: file, lease, kubeconfig, namespace }: FleetSettings): Fleet {
  const journal: Journal | undefined = file === undefined ? undefined : fileJournal(file);
  const kube: Kubernetes | undefined =
    lease === undefined
      ? undefined
      : connectKubernetes({ kubeconfig: kubeconfig === 'in-cluster' ? undefined : kubeconfig, namespace });
  return {
    options: { journal, lock: kube === undefined ? undefined : leaseLock(kube, { prefix: lease }) },
    async [Symbol.asyncDispose]() {
      await journal?.close();
      await kube?.close();
    },
  };
}
