/**
 * Looks for a seed whose simulated run breaks a promise.
 *
 *   npm run simulate -- --seeds 1000
 */
import { describeSimulation, type SimulationReport, simulate } from 'holdfast/testing';
import { readArguments, wholeNumber } from './support/arguments.ts';
import { runScript } from './support/run-script.ts';
import { printTable } from './support/table.ts';

const HELP = `npm run simulate -- [--seeds N] [--from SEED]

Runs simulated clusters, one for each of N seeds from SEED on: nodes, network, clients, crashes and clocks in virtual time.
Shows what happened, and for each seed whose run breaks a promise how it came to that; then the exit code is 1.

  --seeds N     how many seeds; 1000 if not given
  --from SEED   the first one; 1 if not given

The same seed replays the same run: --seeds 1 --from SEED.`;

// The errors of a run are many, and none of their stacks is shown.
Error.stackTraceLimit = 0;

await runScript(async (signal) => {
  const { help, options } = readArguments(['seeds', 'from']);
  if (help) {
    console.log(HELP);
    return true;
  }
  const seeds = wholeNumber('seeds', options.get('seeds') ?? '1000', 1);
  const from = wholeNumber('from', options.get('from') ?? '1', 0);
  const sums = new Map<string, number>();
  const start = performance.now();
  let broken = 0;
  let done = 0;
  for (let seed = from; seed < from + seeds && !signal.aborted; seed++) {
    const report = await simulate({ seed });
    if (!report.ok) {
      broken += 1;
      console.log(`${describeSimulation(report)}\n`);
    }
    add(sums, report);
    done += 1;
    if (done % 1_000 === 0) console.error(`${done} of ${seeds} seeds, ${broken} of them with a violation`);
  }
  printTable([...sums].map(([what, count]) => [what, Math.round(count)]));
  const seconds = ((performance.now() - start) / 1_000).toFixed(0);
  const last = from + done - 1;
  console.log(
    `seeds ${from} to ${last} in ${seconds} s: ${broken === 0 ? 'no violation' : `${broken} with a violation`}`,
  );
  return broken === 0 && done === seeds;
});

function add(sums: Map<string, number>, report: SimulationReport): void {
  const { requests, crashes, recoveries, virtualTime, operations, faults } = report;
  const counts = {
    ...prefixed('operations ', operations),
    requests,
    crashes,
    recoveries,
    'virtual hours': virtualTime / 3_600_000,
    ...prefixed('fault ', faults),
  };
  for (const [what, count] of Object.entries(counts)) sums.set(what, (sums.get(what) ?? 0) + count);
}

function prefixed(prefix: string, counts: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(counts).map(([what, count]) => [prefix + what, count]));
}
