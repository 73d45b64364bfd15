import { type ClusterClient, InconsistentClusterError } from 'holdfast';

/** Waits so many milliseconds. */
export type Sleep = (milliseconds: number) => Promise<void>;

/**
 * Gives an order another id. Afterwards every node has the new one and none the old one; where it rejects it is the other
 * way round, unless it is an `InconsistentClusterError`, which names the nodes to look at.
 */
export async function renameOrder(
  cluster: ClusterClient,
  from: string,
  to: string,
  sleep: Sleep,
): Promise<void> {
  const { changed } = await cluster.createGroup(to);
  if (!changed) throw new Error(`there is an order ${JSON.stringify(to)} already`);
  try {
    await cluster.deleteGroup(from);
  } catch (error) {
    if (!(error instanceof InconsistentClusterError)) await deleteAtLast(cluster, to, sleep);
    throw error;
  }
}

/** Looks right, for either half is done everywhere or nowhere, and is not: one may be done while the other is not. */
export async function renameSideBySide(cluster: ClusterClient, from: string, to: string): Promise<void> {
  await Promise.all([cluster.createGroup(to), cluster.deleteGroup(from)]);
}

async function deleteAtLast(cluster: ClusterClient, id: string, sleep: Sleep): Promise<void> {
  for (;;) {
    try {
      await cluster.deleteGroup(id);
      return;
    } catch (error) {
      if (error instanceof InconsistentClusterError) throw error;
      await sleep(1_000);
    }
  }
}
