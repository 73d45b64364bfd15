import type { PodAnswer, PodRequest } from '../kube/pods.ts';
import type { ConfigTarget } from './requester-config.ts';

/** A pod that a target selected. */
export interface SelectedPod {
  /** What selected it. */
  readonly target: ConfigTarget;
  /** The pod's name. */
  readonly name: string;
  /** Where the source has namespaces. */
  readonly namespace?: string | undefined;
  /** Where it is reached. A pod without one is not called, and the summary names it. */
  readonly ip: string | undefined;
  /** Whether its containers have ended for good: its address may be another pod's by now. @default false */
  readonly ended?: boolean | undefined;
}

/** Where an action's pods come from. */
export interface PodSource {
  /**
   * The pods of the first target in the order in which they are listed, then those of the next: a pod of two targets comes
   * twice. Read as it is taken: who stops early reads no more. Never shared between two iterations.
   */
  select(
    targets: readonly ConfigTarget[],
    options?: { readonly signal?: AbortSignal | undefined },
  ): AsyncIterable<SelectedPod>;
  /** Sends a request through the API server, for `via: 'api-proxy'`. Absent where there is none. */
  readonly proxy?: ((request: PodRequest) => Promise<PodAnswer>) | undefined;
}
