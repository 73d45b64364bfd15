import { expect, test } from 'vitest';
import { crash } from './crash.ts';

test.for([
  { dialect: 'header', operation: 'create', resolve: 'undo', seed: 1, killAt: 60 },
  { dialect: 'path', operation: 'create', resolve: 'finish', seed: 2, killAt: 75, killRecoveryAt: 9 },
  { dialect: 'path', operation: 'delete', resolve: 'undo', seed: 3, killAt: 90, killRecoveryAt: 14 },
  { dialect: 'header', operation: 'delete', resolve: 'finish', seed: 4, killAt: 100 },
] as const)(
  'a client killed at request $killAt leaves nothing apart once recovered ($operation, $dialect, $resolve)',
  async (scenario) => {
    expect((await crash(scenario)).broken).toEqual([]);
  },
);
