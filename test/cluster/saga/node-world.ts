import type { ReadAnswer, Step, WriteAnswer } from '../../../src/cluster/saga-node.ts';

/** What kind of cluster the saga works on. */
export interface Setting {
  readonly operation: 'create' | 'delete';
  /** `header`: an undo of a create removes only the record that this operation created. */
  readonly dialect: 'header' | 'path';
  /** `shared`: somebody else may create or delete the record on one node, once. */
  readonly writers: 'exclusive' | 'shared';
}

/** One node as it truly is. The machine sees only its answers. */
export interface NodeWorld {
  readonly stoodBefore: boolean;
  /** `ours`: created by this operation, be it by a write or by an undo. */
  readonly record: 'none' | 'before' | 'ours' | 'foreign';
  /** Attempts in doubt that may still take effect. */
  readonly lateWrites: number;
  readonly lateUndos: number;
  /** What somebody else did here. */
  readonly foreign: 'nothing' | 'created' | 'deleted';
  /** Only kept where somebody else was: whether the node was in the wanted state at some moment. */
  readonly wasWanted: boolean;
}

/** What can come of one outstanding request or wait. */
export interface Outcome {
  readonly answer: ReadAnswer | WriteAnswer | 'waited';
  readonly world: NodeWorld;
  readonly says: string;
  /** A promise broken by this very step. */
  readonly harm?: string;
}

/** Something that happens to a node without the machine's knowing. */
export interface Drift {
  readonly cause: 'late write' | 'late undo' | 'somebody else';
  readonly world: NodeWorld;
  readonly says: string;
  readonly harm?: string;
}

export const untouchedWorld = (stoodBefore: boolean): NodeWorld => ({
  stoodBefore,
  record: stoodBefore ? 'before' : 'none',
  lateWrites: 0,
  lateUndos: 0,
  foreign: 'nothing',
  wasWanted: false,
});

/**
 * Every answer that one attempt can get.
 *
 * A write commits, if it does, at the moment of its answer. That loses nothing: whatever happens on the node between an
 * earlier commit and the answer can as well happen right after the answer, before the machine's next request arrives.
 *
 * An attempt in doubt is always left pending. One that has committed already is one that lands at once; one that never
 * will is one that does not land before it is settled.
 */
export function outcomesOf(setting: Setting, step: Step, world: NodeWorld): readonly Outcome[] {
  if (step !== 'write' && step !== 'undo') {
    const truth = isWanted(setting, world.record) ? 'wanted' : 'unwanted';
    return [
      { answer: truth, world, says: truth },
      { answer: 'refused', world, says: 'refused' },
      { answer: 'later', world, says: 'later' },
      { answer: 'unknown', world, says: 'unknown' },
    ];
  }
  const committed = commit(setting, step, world);
  const doubted =
    step === 'write'
      ? { ...world, lateWrites: world.lateWrites + 1 }
      : { ...world, lateUndos: world.lateUndos + 1 };
  const always: readonly Outcome[] = [
    { answer: 'refused', world, says: 'refused' },
    { answer: 'later', world, says: 'later' },
    { answer: 'unknown', world, says: 'unknown, not committed' },
    { answer: 'in-doubt', world: doubted, says: 'in-doubt, may commit late' },
  ];
  if (committed === undefined) return [{ answer: 'already', world, says: 'already' }, ...always];
  return [
    { ...committed, answer: 'done', says: 'done' },
    ...always,
    { ...committed, answer: 'unknown', says: 'unknown, committed' },
  ];
}

/** By then every attempt in doubt has landed or is lost. */
export const settle = (world: NodeWorld): NodeWorld => ({ ...world, lateWrites: 0, lateUndos: 0 });

/**
 * What may happen on the node at any moment. A late attempt that would change nothing is not a step of its own: it is as
 * good as lost, and being lost needs no step either, for a pending attempt need not land.
 */
export function driftsOf(setting: Setting, world: NodeWorld, mayBeForeign: boolean): readonly Drift[] {
  const drifts: Drift[] = [];
  if (world.lateWrites > 0) {
    const landed = commit(setting, 'write', { ...world, lateWrites: world.lateWrites - 1 });
    if (landed !== undefined) drifts.push({ ...landed, cause: 'late write', says: 'a late write lands' });
  }
  if (world.lateUndos > 0) {
    const landed = commit(setting, 'undo', { ...world, lateUndos: world.lateUndos - 1 });
    if (landed !== undefined) drifts.push({ ...landed, cause: 'late undo', says: 'a late undo lands' });
  }
  if (mayBeForeign) {
    const foreign = world.record === 'none' ? 'created' : 'deleted';
    const record = foreign === 'created' ? 'foreign' : 'none';
    const wasWanted = isWanted(setting, world.record);
    drifts.push({
      world: changed(setting, { ...world, foreign, wasWanted }, record),
      cause: 'somebody else',
      says: `somebody else ${foreign} the record`,
    });
  }
  return drifts;
}

const isWanted = ({ operation }: Setting, record: NodeWorld['record']): boolean =>
  (record !== 'none') === (operation === 'create');

/**
 * What the operation says of a node once it is done with it: that it came out well, that it is as it was, or only that it
 * may differ.
 */
export type Promised = 'good' | 'as before' | 'nothing';

/**
 * What is wrong with promising this of the node, when nothing else happens to it any more but that late attempts land, in
 * any order or not at all, and that somebody else comes, where they still may.
 */
export function brokenPromise(
  setting: Setting,
  promised: Promised,
  world: NodeWorld,
  mayBeForeign: boolean,
): string | undefined {
  const lives = remainingLives(setting, world, mayBeForeign);
  const harm = lives.find((life) => life.harm !== undefined)?.harm;
  if (harm !== undefined) return `${harm}, ${later(world)}`;
  if (promised === 'as before' && !lives.every((life) => isAsBefore(setting, life.world)))
    return `it is not reported, and it is not as it was or may come to differ: ${later(world)}`;
  if (promised === 'good' && !lives.every((life) => isGood(setting, life.world)))
    return `it is said to have come out well, and it has not or may come to differ: ${later(world)}`;
  return undefined;
}

const later = ({ record, lateWrites, lateUndos }: NodeWorld): string =>
  `it holds ${record === 'none' ? 'nothing' : `the record ${record}`}, and ${lateWrites} writes and ${lateUndos} undos may come late`;

/** Where somebody else was, it is enough that the node was in the wanted state at some moment. */
function isGood(setting: Setting, { record, foreign, wasWanted }: NodeWorld): boolean {
  return isWanted(setting, record) || (foreign !== 'nothing' && wasWanted);
}

/** Somebody else's own doing is not ours to take back. */
function isAsBefore({ operation }: Setting, { stoodBefore, record, foreign }: NodeWorld): boolean {
  if (!stoodBefore) return record === 'none' || record === 'foreign';
  if (record === 'none') return foreign === 'deleted';
  return operation === 'delete' || record === 'before';
}

interface Committed {
  readonly world: NodeWorld;
  readonly harm?: string;
}

/** The node after a write took effect, or `undefined` where there is nothing for it to do. */
function commit(setting: Setting, step: 'write' | 'undo', world: NodeWorld): Committed | undefined {
  const { operation, dialect } = setting;
  const creates = (step === 'write') === (operation === 'create');
  if (creates) {
    if (world.record !== 'none') return undefined;
    const harm =
      step === 'undo' && !world.stoodBefore
        ? 'an undo created a record on a node that had none'
        : step === 'write' && world.stoodBefore
          ? 'a write created a record on a node that had one'
          : undefined;
    return { world: changed(setting, world, 'ours'), ...(harm === undefined ? {} : { harm }) };
  }
  const limited = step === 'undo' && dialect === 'header';
  if (world.record === 'none' || (limited && world.record !== 'ours')) return undefined;
  const harm =
    step === 'undo' && world.record !== 'ours'
      ? `an undo removed a record ${world.record === 'before' ? 'that stood before' : 'of somebody else'}`
      : step === 'write' && !world.stoodBefore
        ? 'a write removed a record from a node that was as wanted'
        : undefined;
  return { world: changed(setting, world, 'none'), ...(harm === undefined ? {} : { harm }) };
}

function changed(setting: Setting, world: NodeWorld, record: NodeWorld['record']): NodeWorld {
  const wasWanted = world.foreign !== 'nothing' && (world.wasWanted || isWanted(setting, record));
  return { ...world, record, wasWanted };
}

function remainingLives(setting: Setting, world: NodeWorld, mayBeForeign: boolean): readonly Committed[] {
  const next = driftsOf(setting, world, mayBeForeign).flatMap((drift) => [
    drift,
    ...remainingLives(setting, drift.world, mayBeForeign && drift.cause !== 'somebody else'),
  ]);
  return [{ world }, ...next];
}
