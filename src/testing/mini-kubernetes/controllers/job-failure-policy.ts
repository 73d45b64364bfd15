import type { ContainerStatus, Job, JobSpec, Pod } from '../store/objects.ts';

/** What a Job's `podFailurePolicy` says of a failed pod; `Count` where no rule fits, as if there were no policy. */
export interface FailureVerdict {
  readonly action: 'Count' | 'Ignore' | 'FailIndex' | 'FailJob';
  /** Why the Job fails. */
  readonly message: string;
}

/** The first rule that fits a failed pod decides. */
export function judgeFailure(pod: Pod, job: Job): FailureVerdict {
  const { podFailurePolicy } = job.spec as WithFailurePolicy;
  for (const [position, rule] of (podFailurePolicy?.rules ?? []).entries()) {
    const why = fits(rule, pod);
    if (why === undefined) continue;
    return { action: rule.action, message: `${why} matching ${rule.action} rule at index ${position}` };
  }
  return COUNT;
}

type WithFailurePolicy = JobSpec & {
  readonly podFailurePolicy?: { readonly rules?: readonly FailureRule[] };
};

interface FailureRule {
  readonly action: FailureVerdict['action'];
  readonly onExitCodes?: {
    readonly containerName?: string | null;
    readonly operator: 'In' | 'NotIn';
    readonly values: readonly number[];
  };
  readonly onPodConditions?: readonly { readonly type: string; readonly status?: string }[];
}

const COUNT: FailureVerdict = { action: 'Count', message: '' };

function fits({ onExitCodes, onPodConditions }: FailureRule, pod: Pod): string | undefined {
  const path = `${pod.metadata.namespace}/${pod.metadata.name}`;
  if (onExitCodes !== undefined) {
    const { containerName, operator, values } = onExitCodes;
    const isMeant = (status: ContainerStatus) => {
      const exitCode = status.state?.terminated?.exitCode ?? 0;
      const isNamed = (containerName ?? status.name) === status.name;
      // A container that ended well is no failure, even where NotIn would take 0.
      return isNamed && exitCode !== 0 && values.includes(exitCode) === (operator === 'In');
    };
    const container = pod.status.containerStatuses?.find(isMeant);
    if (container === undefined) return undefined;
    const exitCode = container.state?.terminated?.exitCode;
    return `Container ${container.name} for pod ${path} failed with exit code ${exitCode}`;
  }
  const wanted = onPodConditions?.find(({ type, status = 'True' }) =>
    pod.status.conditions?.some((condition) => condition.type === type && condition.status === status),
  );
  return wanted && `Pod ${path} has condition ${wanted.type}`;
}
