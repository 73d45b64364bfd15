/** The completion indexes in a text like `0,2,4-7`, as `completedIndexes` and `failedIndexes` have them. */
export function parseIndexes(text: string | undefined): Set<number> {
  const indexes = new Set<number>();
  for (const part of (text ?? '').split(',')) {
    if (part === '') continue;
    const [first = 0, last = first] = part.split('-').map(Number);
    for (let index = first; index <= last; index += 1) indexes.add(index);
  }
  return indexes;
}

/** The text of a set of indexes: ascending, three and more in a row as a range, two as a pair (`0,1`). */
export function formatIndexes(indexes: ReadonlySet<number>): string {
  const sorted = [...indexes].sort((a, b) => a - b);
  const parts: string[] = [];
  let start = 0;
  for (let end = 0; end < sorted.length; end += 1) {
    if (sorted[end + 1] === (sorted[end] ?? 0) + 1) continue;
    const [first, last] = [sorted[start], sorted[end]];
    if (first === last) parts.push(`${first}`);
    else parts.push(`${first}${end - start > 1 ? '-' : ','}${last}`);
    start = end + 1;
  }
  return parts.join(',');
}
