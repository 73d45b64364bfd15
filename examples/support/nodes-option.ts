import type { ClusterNode } from 'holdfast';
import { UsageError } from './arguments.ts';

/**
 * What `--nodes NAME=URL,…` says. A list, not an object, so that two nodes of one name are both seen, and refused by the
 * client.
 *
 * @throws UsageError
 */
export function nodesOption(text: string): readonly ClusterNode[] {
  return text.split(',').map((entry, index) => {
    const at = entry.indexOf('=');
    // The entry is not shown: its url may hold a password.
    if (at < 1) throw new UsageError(`--nodes takes NAME=URL,…; number ${index + 1} has no NAME=`);
    return { name: entry.slice(0, at), url: entry.slice(at + 1) };
  });
}
