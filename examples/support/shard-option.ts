import type { Shard } from 'holdfast';
import { type Environment, UsageError } from './arguments.ts';

/**
 * What `--shard I/N` says, else `$JOB_COMPLETION_INDEX` of `$SHARDS`, as the pods of an Indexed Job have them; else the whole.
 *
 * @throws UsageError
 */
export function shardOption(text: string | undefined, env: Environment): Shard {
  const { JOB_COMPLETION_INDEX: index, SHARDS: of } = env;
  if (text === undefined && index === undefined && of === undefined) return { index: 0, of: 1 };
  const written = text ?? `${index ?? ''}/${of ?? ''}`;
  const [, first, second] = /^(\d{1,9})\/(\d{1,9})$/.exec(written) ?? [];
  if (first !== undefined && second !== undefined && Number(first) < Number(second)) {
    return { index: Number(first), of: Number(second) };
  }
  const where = text === undefined ? '$JOB_COMPLETION_INDEX/$SHARDS' : '--shard';
  throw new UsageError(`${where} must be I/N with I from 0 to N-1, received ${JSON.stringify(written)}`);
}
