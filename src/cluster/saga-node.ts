/** What one node has been asked and has answered, as far as it matters for what comes next. */
export interface NodeState {
  readonly step: Step;
  /**
   * `sent`, `retry` and `settling` are under way; the others are where a step ends: `had`/`lacks` a look,
   * `good`/`failed` a write, `clean`/`stuck` an undo.
   */
  readonly at:
    | 'due'
    | 'sent'
    | 'retry'
    | 'settling'
    | 'had'
    | 'lacks'
    | 'good'
    | 'failed'
    | 'clean'
    | 'stuck';
  /** Attempts made in this step, this one included. */
  readonly tries: number;
  /** Whose the wanted state is. `unproven`: it showed up after an unknown attempt, and nothing tells. */
  readonly whose: 'nobody' | 'ours' | 'theirs' | 'unproven';
  /** Some write ended unknown: the node is read back before it counts as good. */
  readonly unknown: boolean;
  /** Some attempt may still take effect. */
  readonly doubt: boolean;
}

/** look and write go forward; verify reads a write back; undo takes a write back; check reads whether it stayed so. */
export type Step = 'look' | 'write' | 'verify' | 'undo' | 'check';

/** `wanted`: the node is as the operation wants it. */
export type ReadAnswer = 'wanted' | 'unwanted' | 'refused' | 'later' | 'unknown';

/** `already`: nothing to do there, in the node's own words. `in-doubt`: unknown, and it may still happen. */
export type WriteAnswer = 'done' | 'already' | 'refused' | 'later' | 'unknown' | 'in-doubt';

export interface SagaRules {
  readonly strategy: 'parallel' | 'sequential';
  /**
   * Whether what shows up after an unknown attempt may be taken for ours: the dialect proves whose a record is, or nobody
   * else writes.
   */
  readonly provable: boolean;
  /** Attempts per node and step, forward. */
  readonly attempts: number;
  /** Attempts per node and step, undoing. */
  readonly undoAttempts: number;
}

/** A node's history as a rollback knows it. `settled`: it may have been changed, and nothing of that is under way any more. */
export type UndoStart = 'untouched' | 'changed' | 'unknown' | 'settled';

/** A node's history where an operation that died is to be finished. */
export type FinishStart = 'untouched' | 'settled';

export const UNASKED: NodeState = {
  step: 'look',
  at: 'due',
  tries: 0,
  whose: 'nobody',
  unknown: false,
  doubt: false,
};

/** Where a rollback begins. What is unknown from elsewhere may still be under way. */
export function settled(start: UndoStart): NodeState {
  switch (start) {
    case 'untouched':
      return { ...UNASKED, at: 'had' };
    case 'changed':
      return { ...UNASKED, step: 'write', at: 'good', whose: 'ours' };
    case 'unknown':
      return { ...UNASKED, step: 'write', at: 'failed', unknown: true, doubt: true };
    case 'settled':
      return { ...UNASKED, step: 'write', at: 'failed', unknown: true };
  }
}

/** Where finishing begins: with a look at every node. */
export const unfinished = (start: FinishStart): NodeState =>
  start === 'settled' ? { ...UNASKED, unknown: true } : UNASKED;

export const isGood = (node: NodeState): boolean => node.at === 'had' || node.at === 'good';

export const isWaiting = (node: NodeState): boolean => node.at === 'retry' || node.at === 'settling';

/** Whether something of it is under way. */
export const isBusy = (node: NodeState): boolean => node.at === 'sent' || isWaiting(node);

/** Whether this operation may have changed the node. */
export const needsUndo = (node: NodeState): boolean =>
  node.unknown || node.whose === 'ours' || node.whose === 'unproven';

export function answerLook(rules: SagaRules, node: NodeState, answer: ReadAnswer): NodeState {
  switch (answer) {
    case 'wanted':
      if (!node.unknown) return { ...node, at: 'had', tries: 0 };
      // What the operation that died may have written counts as written by this one, and is undone with it.
      return { ...node, step: 'write', at: 'good', tries: 0, whose: whoseIsIt(rules, node) };
    case 'unwanted':
      // All has settled, so nothing was written here.
      return { ...node, at: 'lacks', tries: 0, unknown: false };
    case 'refused':
      return { ...node, at: 'failed', tries: 0 };
    case 'later':
    case 'unknown':
      return node.tries < rules.attempts ? { ...node, at: 'retry' } : { ...node, at: 'failed', tries: 0 };
  }
}

/** While draining nothing new is sent, so what could only be told by another attempt has failed. */
export function answerWrite(
  rules: SagaRules,
  node: NodeState,
  answer: WriteAnswer,
  mode: 'write' | 'drain',
): NodeState {
  const failed = { ...node, at: 'failed', tries: 0 } as const;
  switch (answer) {
    case 'done':
    case 'already': {
      const whose = answer === 'done' ? 'ours' : whoseIsIt(rules, node);
      if (!node.unknown) return { ...node, at: 'good', tries: 0, whose };
      if (mode === 'drain') return { ...failed, whose };
      return { ...node, step: 'verify', at: 'sent', tries: 1, whose };
    }
    case 'refused':
      return failed;
    case 'later':
      return mode === 'drain' || node.tries >= rules.attempts ? failed : { ...node, at: 'retry' };
    case 'unknown':
    case 'in-doubt': {
      const seen = { unknown: true, doubt: node.doubt || answer === 'in-doubt' };
      if (mode === 'drain' || node.tries >= rules.attempts) return { ...failed, ...seen };
      return { ...node, ...seen, at: 'retry' };
    }
  }
}

export function answerVerify(rules: SagaRules, node: NodeState, answer: ReadAnswer): NodeState {
  if (answer === 'wanted') return { ...node, at: 'good', tries: 0 };
  const retry = (answer === 'later' || answer === 'unknown') && node.tries < rules.attempts;
  return retry ? { ...node, at: 'retry' } : { ...node, at: 'failed', tries: 0 };
}

/** The first thing done about a node once the operation has failed. */
export function beginUndo(rules: SagaRules, node: NodeState): NodeState {
  if (!needsUndo(node)) return { ...node, at: 'clean', tries: 0 };
  if (rules.provable || node.whose === 'ours') return { ...node, step: 'undo', at: 'sent', tries: 1 };
  return look(node);
}

export function answerUndo(rules: SagaRules, node: NodeState, answer: WriteAnswer): NodeState {
  switch (answer) {
    case 'done':
    case 'already':
      // Once the record is gone, whatever stands there later is no longer known to be ours.
      return look({ ...node, whose: rules.provable ? node.whose : 'unproven' }, 'clean');
    case 'refused':
      return { ...node, at: 'stuck', tries: 0 };
    case 'later':
      return node.tries < rules.undoAttempts ? { ...node, at: 'retry' } : { ...node, at: 'stuck', tries: 0 };
    case 'unknown':
    case 'in-doubt': {
      const doubted = { ...node, doubt: node.doubt || answer === 'in-doubt' };
      // The undo may have happened, and somebody else's record may stand there by now.
      if (!rules.provable) return look({ ...doubted, whose: 'unproven' });
      return node.tries < rules.undoAttempts
        ? { ...doubted, at: 'retry' }
        : { ...doubted, at: 'stuck', tries: 0 };
    }
  }
}

/** A look after everything has settled, or where nothing may be deleted. */
export function answerCheck(rules: SagaRules, node: NodeState, answer: ReadAnswer): NodeState {
  switch (answer) {
    case 'unwanted':
      return { ...node, at: 'clean', tries: 0 };
    case 'wanted':
      return rules.provable
        ? { ...node, step: 'undo', at: 'sent', tries: 1 }
        : { ...node, at: 'stuck', tries: 0 };
    case 'refused':
      return { ...node, at: 'stuck', tries: 0 };
    case 'later':
    case 'unknown':
      return node.tries < rules.undoAttempts ? { ...node, at: 'retry' } : { ...node, at: 'stuck', tries: 0 };
  }
}

/** Only after the last attempt in doubt has settled does a look tell; without doubt it tells at once. */
function look(node: NodeState, without: 'check' | 'clean' = 'check'): NodeState {
  if (node.doubt) return { ...node, step: 'check', at: 'settling', tries: 0 };
  return without === 'clean'
    ? { ...node, at: 'clean', tries: 0 }
    : { ...node, step: 'check', at: 'sent', tries: 1 };
}

/** `exists` with no unknown attempt before it is somebody else's doing. */
function whoseIsIt(rules: SagaRules, node: NodeState): NodeState['whose'] {
  if (!node.unknown) return 'theirs';
  return rules.provable ? 'ours' : 'unproven';
}
