import type { Task } from '../../src/cluster/drive.ts';

/** A create that no lock bounds. */
export const task: Task = {
  operation: 'create',
  groupId: 'g',
  operationId: '1.5',
  attemptTimeout: 1,
  deadlineAt: 1,
  lost: [],
  aloneUntil: () => Infinity,
};
