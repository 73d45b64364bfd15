import type { GroupDialect } from './dialect.ts';
import { nameOf } from './dialect.ts';
import type { JournalEntry, JournalNode } from './journal.ts';
import type { ReachableNode } from './node-list.ts';
import type { FinishStart } from './saga-node.ts';

/** What an entry says of this client's nodes, or why it says nothing of them. */
export type EntryMatch =
  | { readonly starts: readonly FinishStart[]; readonly why?: undefined }
  /** `foreign`: not one of its nodes is the client's. */
  | { readonly why: string; readonly foreign: boolean };

/**
 * Finds an entry's nodes among the client's: those of the same name and url, else the only one of that url. All must be
 * there, but for those to `forget`; recovery of half a cluster would end as if it had been whole.
 */
export function matchEntry(
  entry: JournalEntry,
  nodes: readonly ReachableNode[],
  dialect: GroupDialect,
  forget: readonly string[],
): EntryMatch {
  if (entry.dialect !== nameOf(dialect)) {
    return {
      foreign: true,
      why: `it was written in the ${entry.dialect} dialect and this client speaks ${nameOf(dialect)}`,
    };
  }
  const starts = nodes.map((): FinishStart => 'untouched');
  const missing: JournalNode[] = [];
  let found = 0;
  for (const node of entry.nodes) {
    const index = indexOf(node, entry, nodes);
    if (index === undefined) {
      if (!forget.includes(node.name)) missing.push(node);
    } else {
      found++;
      if (node.write && !forget.includes(node.name)) starts[index] = 'settled';
    }
  }
  if (missing.length === 0) return { starts };
  const shown = missing.map(({ name, url }) => `${name} (${url})`).join(', ');
  const foreign = found === 0;
  return {
    foreign,
    why: foreign
      ? `none of its nodes is one of this client's: ${shown}; recover it with a client of its own cluster`
      : `this client does not have ${shown}; add it, or forget it by recover({ forget: ['${missing[0]?.name}'] }) if it is gone for good`,
  };
}

function indexOf(
  { name, url }: JournalNode,
  entry: JournalEntry,
  nodes: readonly ReachableNode[],
): number | undefined {
  const same = nodes.findIndex((node) => node.name === name && node.url === url);
  if (same >= 0) return same;
  // In the header dialect several nodes have one url, and only the name tells them apart.
  const isOnly = entry.nodes.filter((node) => node.url === url).length === 1;
  const byUrl = nodes.flatMap((node, index) => (node.url === url ? [index] : []));
  return isOnly && byUrl.length === 1 ? byUrl[0] : undefined;
}
