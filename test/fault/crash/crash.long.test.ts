import { expect, test } from 'vitest';
import { seededDraws } from '../../../src/testing/fault-draw.ts';
import { type CrashScenario, crash } from './crash.ts';

const RUNS = 200;
/** At a time: most of a run is waiting. */
const LANES = 5;

test('200 clients killed at random, half of them again while they recover: every group is whole', async () => {
  const scenarios = Array.from({ length: RUNS }, (_, index) => scenarioOf(index + 1)).values();
  const broken: string[] = [];
  let open = 0;
  const lane = async () => {
    for (const scenario of scenarios) {
      const report = await crash(scenario);
      open += report.open;
      for (const what of report.broken) broken.push(`${JSON.stringify(scenario)}: ${what}`);
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  expect(broken).toEqual([]);
  // Otherwise nothing was interrupted, and nothing shown.
  expect(open).toBeGreaterThan(RUNS);
}, 1_800_000);

function scenarioOf(seed: number): CrashScenario {
  const draw = seededDraws(seed);
  const upTo = (most: number, what: string) => 1 + Math.floor(draw([what]) * most);
  return {
    seed,
    dialect: draw(['dialect']) < 0.5 ? 'header' : 'path',
    operation: draw(['operation']) < 0.5 ? 'create' : 'delete',
    resolve: draw(['resolve']) < 0.5 ? 'undo' : 'finish',
    killAt: upTo(125, 'kill'),
    ...(draw(['again']) < 0.5 ? { killRecoveryAt: upTo(20, 'kill again') } : {}),
  };
}
