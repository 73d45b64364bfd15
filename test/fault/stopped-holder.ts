import { RolledBackError } from '../../src/cluster/errors.ts';
import type { FaultStep } from '../../src/testing/fault-schema.ts';
import { holdersOf } from './holdings.ts';
import { startFleet } from './leases.ts';
import { stoppedMachine } from './stopped-machine.ts';

const ALL = ['node01', 'node02', 'node03'];

/** One machine is stopped while it creates a group; another creates and deletes the same meanwhile. */
export async function playStopped(at: number, length: number, steps: readonly FaultStep[]) {
  await using fleet = await startFleet({ steps });
  const sends: string[] = [];
  const sending =
    (who: () => string): typeof fetch =>
    (input, init) => {
      sends.push(who());
      return fetch(input, init);
    };
  const machine = stoppedMachine(
    fleet.clock,
    { at, length },
    sending(() => 'stopped'),
  );
  const one = fleet.join(machine);
  let turn = 0;
  const two = fleet.join({ fetch: sending(() => `turn ${turn}`) });
  let stopped = false;
  const ended = one.createGroup('g').catch(() => undefined);
  await Promise.race([
    ended,
    machine.stopping.then(() => {
      stopped = true;
    }),
  ]);
  const patient = { deadline: 20_000 };
  for (turn = 1; turn <= 4; turn += 1) {
    const next = turn % 2 === 1 ? two.createGroup('g', patient) : two.deleteGroup('g', patient);
    // Its nodes may refuse, and then it was undone.
    await next.catch((error: unknown) => {
      if (!(error instanceof RolledBackError)) throw error;
    });
  }
  await ended;
  const after = await two.createGroup('g', patient);
  await fleet.nodes.settled();
  const holders = holdersOf(fleet.nodes, 'g');
  return { stopped, mixed: mixedIn(sends), apart: holders.length !== ALL.length || after.nodes.length !== 3 };
}

/** Who sent again after another had begun. */
function mixedIn(sends: readonly string[]): string[] {
  const runs = sends.filter((who, index) => who !== sends[index - 1]);
  return runs.filter((who, index) => runs.indexOf(who) !== index);
}
