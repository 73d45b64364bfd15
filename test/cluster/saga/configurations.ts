import type { FinishStart, SagaRules, UndoStart } from '../../../src/cluster/saga-node.ts';
import { type NodeWorld, type Setting, untouchedWorld } from './node-world.ts';
import type { Start } from './simulation.ts';

export interface Configuration {
  readonly name: string;
  readonly setting: Setting;
  readonly rules: SagaRules;
}

/** Whom a record belongs to: told by the record, or by there being nobody else, or not to be told. */
const CLUSTERS = [
  { dialect: 'header', writers: 'shared' },
  { dialect: 'path', writers: 'exclusive' },
  { dialect: 'path', writers: 'shared' },
] as const;

/** The header dialect with nobody else is a part of the header dialect with somebody else. */
export const CONFIGURATIONS: readonly Configuration[] = (['create', 'delete'] as const).flatMap((operation) =>
  CLUSTERS.flatMap(({ dialect, writers }) =>
    (['parallel', 'sequential'] as const).map((strategy) => ({
      name: `${operation}, ${dialect} dialect, ${writers} writers, ${strategy}`,
      setting: { operation, dialect, writers },
      rules: {
        strategy,
        provable: isProvable({ operation, dialect, writers }),
        attempts: 2,
        undoAttempts: 2,
      },
    })),
  ),
);

/** For a table of tests. */
export const named = (
  configurations: readonly Configuration[],
): readonly (readonly [string, Configuration])[] =>
  configurations.map((configuration) => [configuration.name, configuration]);

/** As the client has it. */
export function isProvable({ dialect, writers }: Setting): boolean {
  return dialect === 'header' || writers === 'exclusive';
}

/** Every node with the record or without it. */
export function starts(nodeCount: number): readonly Start[] {
  return combinations(nodeCount, [untouchedWorld(false), untouchedWorld(true)]).map((worlds) => ({ worlds }));
}

/** A node before the operation, after it, and where a foreign writer did the same meanwhile. */
function worldsOf(operation: Setting['operation']): Record<'before' | 'after' | 'meanwhile', NodeWorld> {
  const before = untouchedWorld(operation === 'delete');
  return {
    before,
    after: { ...before, record: operation === 'create' ? 'ours' : 'none' },
    meanwhile:
      operation === 'create'
        ? { ...before, record: 'foreign', foreign: 'created' }
        : { ...before, record: 'none', foreign: 'deleted' },
  };
}

/** Everything that a rollback may find of an operation whose end nobody saw. */
export function rollbackStarts({ operation, writers }: Setting, nodeCount: number): readonly Start[] {
  const { before, after, meanwhile } = worldsOf(operation);
  const nodes: { start: UndoStart; world: NodeWorld }[] = [
    { start: 'untouched', world: untouchedWorld(false) },
    { start: 'untouched', world: untouchedWorld(true) },
    { start: 'changed', world: after },
    { start: 'unknown', world: before },
    { start: 'unknown', world: after },
    { start: 'unknown', world: { ...before, lateWrites: 1 } },
    { start: 'unknown', world: { ...after, lateWrites: 1 } },
    { start: 'settled', world: before },
    { start: 'settled', world: after },
    ...(writers === 'shared'
      ? [
          { start: 'unknown' as const, world: meanwhile },
          { start: 'unknown' as const, world: { ...meanwhile, lateWrites: 1 } },
          { start: 'settled' as const, world: meanwhile },
        ]
      : []),
  ];
  return combinations(nodeCount, nodes)
    .filter((list) => list.filter(({ world }) => world.foreign !== 'nothing').length <= 1)
    .map((list) => ({ worlds: list.map(({ world }) => world), rollback: list.map(({ start }) => start) }));
}

/** Everything that may be found of an operation that died, once all it sent has settled. */
export function finishStarts({ operation, writers }: Setting, nodeCount: number): readonly Start[] {
  const { before, after, meanwhile } = worldsOf(operation);
  const nodes: { start: FinishStart; world: NodeWorld }[] = [
    { start: 'untouched', world: untouchedWorld(false) },
    { start: 'untouched', world: untouchedWorld(true) },
    { start: 'settled', world: before },
    { start: 'settled', world: after },
    // It had undone a delete when it died.
    ...(operation === 'delete'
      ? [{ start: 'settled' as const, world: { ...before, record: 'ours' as const } }]
      : []),
    ...(writers === 'shared' ? [{ start: 'settled' as const, world: meanwhile }] : []),
  ];
  return combinations(nodeCount, nodes)
    .filter((list) => list.some(({ start }) => start === 'settled'))
    .filter((list) => list.filter(({ world }) => world.foreign !== 'nothing').length <= 1)
    .map((list) => ({ worlds: list.map(({ world }) => world), finish: list.map(({ start }) => start) }));
}

function combinations<T>(length: number, values: readonly T[]): readonly (readonly T[])[] {
  if (length === 0) return [[]];
  return combinations(length - 1, values).flatMap((rest) => values.map((value) => [...rest, value]));
}
