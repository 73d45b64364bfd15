import { oneOf, readArguments, refusePositionals, wholeNumber } from './arguments.ts';

export const RECOVER_HELP = `Usage: npm run example -- recover [OPTIONS]

Creates groups with a journal, kills itself in the middle, recovers in a second process, and
audits the nodes, which are in this process.

Options
  --groups N           how many groups                                              [100]
  --resolve HOW        what becomes of the open ones: undo or finish                [undo]
  --settle MS          how long what the dead process sent may still take effect    [500]
  --help, -h           this text

The exit code is 0 where every group is on all nodes or on none in the end, 130 after Ctrl-C,
else 1.`;

export interface RecoverSettings {
  readonly groups: number;
  readonly resolve: 'undo' | 'finish';
  /** Milliseconds. */
  readonly settle: number;
}

/** `undefined` where help is asked for. @throws UsageError */
export function readRecoverSettings(): RecoverSettings | undefined {
  const { help, positionals, options } = readArguments(['groups', 'resolve', 'settle']);
  if (help) return undefined;
  refusePositionals(positionals);
  return {
    groups: wholeNumber('groups', options.get('groups') ?? '100', 4, 100_000),
    resolve: oneOf('way to resolve', options.get('resolve') ?? 'undo', ['undo', 'finish']),
    settle: wholeNumber('settle', options.get('settle') ?? '500', 1, 60_000),
  };
}
