import type { GroupRequest } from './group-api.ts';
import type { GroupRecords } from './group-records.ts';

/** Carries a request out on the records. `true` where there was something to read, create or delete. */
export function applyRequest(
  records: Pick<GroupRecords, 'has' | 'create' | 'delete'>,
  request: GroupRequest,
): boolean {
  const { kind, node, groupId } = request;
  if (kind === 'read') return records.has(node, groupId);
  return records[kind](node, groupId, request.timestamp);
}
