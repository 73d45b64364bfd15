import type { ActionOptions } from 'holdfast';
import { type Environment, oneOf, readArguments, UsageError, wholeNumber } from './arguments.ts';
import { CLUSTER_HELP, CLUSTER_OPTIONS, type ClusterSettings, clusterSettings } from './cluster-settings.ts';
import { failAboveOption } from './fail-above-option.ts';
import { shardOption } from './shard-option.ts';

export const HELP = `Usage: npm run example -- config-action-batch [--dry-run] [OPTIONS]

Makes every request of an action to every pod that it selects.

Options
${CLUSTER_HELP}
  --action NAME        what to run; needed with --kubeconfig            [the config's first one]
  --dry-run            only show what would be sent
  --concurrency N      pods called at once                                                   [1]
  --fail-above N       stop once more than so many calls failed: 5, or 10%               [never]
  --shard I/N          only this part of the pods, I from 0
                       [$JOB_COMPLETION_INDEX of $SHARDS, as in an Indexed Job]
  --via WAY            pod-ip, or api-proxy from outside the cluster                    [pod-ip]
  --help, -h           this text

The exit code is 0 when every call came out well, 130 after Ctrl-C, else 1.`;

export interface BatchSettings extends ClusterSettings {
  /** Undefined: the first one. */
  readonly action: string | undefined;
  readonly dryRun: boolean;
  readonly concurrency: number;
  readonly failAbove: ActionOptions['failAbove'];
  readonly shard: NonNullable<ActionOptions['shard']>;
  readonly via: NonNullable<ActionOptions['via']>;
}

/**
 * What the command line and the environment say; `undefined` where help is asked for.
 *
 * @throws UsageError
 */
export function readBatchSettings(args: readonly string[], env: Environment): BatchSettings | undefined {
  // The only one that takes no value.
  const rest = args.filter((arg) => arg !== '--dry-run');
  const given = readArguments(OPTIONS, rest);
  if (given.help) return undefined;
  const { options } = given;
  const cluster = clusterSettings(given);
  const action = options.get('action');
  if (action === undefined && cluster.kubeconfig !== undefined) {
    throw new UsageError('with --kubeconfig give an --action');
  }
  const failAbove = options.get('fail-above');
  return {
    ...cluster,
    action,
    dryRun: rest.length < args.length,
    concurrency: wholeNumber('concurrency', options.get('concurrency') ?? '1', 1),
    failAbove: failAbove === undefined ? undefined : failAboveOption(failAbove),
    shard: shardOption(options.get('shard'), env),
    via: oneOf('way', options.get('via') ?? 'pod-ip', ['pod-ip', 'api-proxy']),
  };
}

const OPTIONS = [...CLUSTER_OPTIONS, 'action', 'concurrency', 'fail-above', 'shard', 'via'] as const;
