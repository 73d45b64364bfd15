import type { StartParams } from '../../../../src/server/syncrator/job-store.ts';

export const paramsOf = (target: string, change: Partial<StartParams> = {}): StartParams => ({
  TARGET: target,
  ENV: 'qas',
  ACTION_NAME: 'sync',
  ACTION: 'sync',
  IS_TAG: 'latest',
  OPTIONS: '-n 1000 -c 1',
  ...change,
});
