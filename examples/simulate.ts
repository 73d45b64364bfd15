/**
 * Looks for a seed whose simulated run breaks a promise.
 *
 *   npm run example -- simulate --seeds 1000
 */
import { describeSimulation, type SimulationReport, simulate } from 'holdfast/testing';
import { readArguments, refusePositionals, wholeNumber } from './support/arguments.ts';
import { runScript } from './support/run-script.ts';
import { printTable } from './support/table.ts';

const HELP = `Usage: npm run example -- simulate [OPTIONS]      or: npm run simulate -- [OPTIONS]

Runs simulated clusters, one for each seed: nodes, network, clients, crashes and clocks, all in
virtual time. Shows what happened, and of each seed whose run breaks a promise how it came to that.
The same seed replays the same run: --seeds 1 --from SEED.

Options
  --seeds N            how many seeds                                              [1000]
  --from SEED          the first one                                                  [1]
  --help, -h           this text

The exit code is 0 when no promise was broken, 130 after Ctrl-C, else 1.`;

// The errors of a run are many, and none of their stacks is shown.
Error.stackTraceLimit = 0;

await runScript(async (signal) => {
  const { help, positionals, options } = readArguments(['seeds', 'from']);
  if (help) {
    console.log(HELP);
    return true;
  }
  refusePositionals(positionals);
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
