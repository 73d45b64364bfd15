import { type Profiler, Session } from 'node:inspector/promises';
import type { Side } from './rounds.ts';
import { align } from './table.ts';

const ROUNDS = 10;
const MICROSECONDS = 200;

/** Processor time of a round by whose code it is, in milliseconds. */
type Shares = Map<string, number>;

/** A table of where the processor time of each side's rounds goes. To be called once both sides are warm. */
export async function profile(sides: { readonly ours: Side; readonly floor: Side }): Promise<string> {
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.setSamplingInterval', { interval: MICROSECONDS });
  const spent = { ours: new Map<string, number>(), floor: new Map<string, number>() };
  for (let round = 0; round < ROUNDS; round++) {
    for (const side of ['ours', 'floor'] as const) {
      await session.post('Profiler.start');
      // A number that no other round has had: ids are made of it.
      await sides[side](-100 - round);
      addTo(spent[side], (await session.post('Profiler.stop')).profile);
    }
  }
  session.disconnect();
  return tableOf(spent);
}

function addTo(shares: Shares, { nodes, samples = [], timeDeltas = [] }: Profiler.Profile): void {
  const owners = new Map(nodes.map(({ id, callFrame }) => [id, ownerOf(callFrame)]));
  for (const [index, id] of samples.entries()) {
    const owner = owners.get(id);
    const spent = (timeDeltas[index] ?? 0) / 1_000 / ROUNDS;
    // The profiler's own work stands under the module that drives it.
    if (owner !== undefined) shares.set(owner, (shares.get(owner) ?? 0) + spent);
  }
}

function ownerOf({ functionName, url }: Profiler.ProfileNode['callFrame']): string | undefined {
  if (functionName === '(idle)' || url.includes('inspector')) return undefined;
  if (functionName === '(garbage collector)') return 'garbage collection';
  if (url === '') return 'the runtime itself, in native code';
  if (url.includes('/dist/')) return 'the library';
  if (url.includes('/test/bench/')) return 'the bare loop';
  if (url.includes('undici')) return 'undici, the code of fetch';
  if (/webstreams|streams\//.test(url)) return 'streams';
  return 'the rest of Node: sockets, timers, events, urls';
}

function tableOf({ ours, floor }: { readonly ours: Shares; readonly floor: Shares }): string {
  const owners = [...new Set([...ours.keys(), ...floor.keys()])];
  const cells = (owner: string, a: number, b: number) => [owner, ms(a), ms(b), ms(a - b)];
  const lines = owners
    .map((owner) => ({ owner, a: ours.get(owner) ?? 0, b: floor.get(owner) ?? 0 }))
    .sort((one, other) => other.a + other.b - one.a - one.b)
    .map(({ owner, a, b }) => cells(owner, a, b));
  return align([
    ['processor time of a round, by whose code it is', 'ours', 'floor', 'difference'],
    ...lines,
    cells('together', sum(ours), sum(floor)),
  ]);
}

const sum = (shares: Shares) => [...shares.values()].reduce((total, share) => total + share, 0);
const ms = (milliseconds: number) => `${milliseconds.toFixed(1)} ms`;
