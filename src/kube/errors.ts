import { defineError, HoldfastError } from '../core/errors.ts';

/** The `details` of a Status of the API, where it gave any. */
export interface StatusDetails {
  /** Of the object that it is about. */
  readonly name?: string;
  /** The API group of the resource, as `batch`. */
  readonly group?: string;
  /** The resource in plural (`jobs`); for a failed validation or precondition the kind (`Job`). */
  readonly kind?: string;
  /** Of the object that it is about. */
  readonly uid?: string;
  /** One entry for each thing that is wrong. */
  readonly causes?: readonly StatusCause[];
  /** After how many seconds a further attempt is welcome. */
  readonly retryAfterSeconds?: number;
}

/** One thing that is wrong, in the words of the API. */
export interface StatusCause {
  /** A word for programs: `FieldValueRequired`, `FieldValueInvalid` and so on. */
  readonly reason?: string;
  /** For people. */
  readonly message?: string;
  /** Where: `spec.template.spec.containers[0].name`. */
  readonly field?: string;
}

/**
 * The API server answered that it did not do what was asked. `reason` is the API's own word: `NotFound`, `AlreadyExists`,
 * `Conflict`, `Forbidden`, `Invalid`, `Expired` and so on.
 */
export class KubernetesError extends HoldfastError {
  static {
    defineError(this, 'KubernetesError');
  }

  /** The HTTP status. */
  readonly status: number;
  /** Empty where the answer gave none, or was not the API's own. */
  readonly reason: string;
  /** What the API said beyond the message; `undefined` where it gave nothing. */
  readonly details: StatusDetails | undefined;
  /**
   * Whether this write may have taken effect: the answer leaves that open (any 5xx, a 408, one that is not the API's), or an
   * earlier attempt of the same call got no clear one. A `Conflict` may then be one with the call's own write.
   */
  readonly uncertain: boolean;

  constructor(
    message: string,
    answer: {
      readonly status: number;
      readonly reason: string;
      readonly details?: StatusDetails | undefined;
      readonly uncertain?: boolean;
      /** @default true for 408, 429 and 5xx */
      readonly retryable?: boolean;
      readonly cause?: unknown;
    },
  ) {
    const { status, reason } = answer;
    super(message, {
      code: 'KUBERNETES_STATUS',
      retryable: answer.retryable ?? (status === 408 || status === 429 || status >= 500),
      ...('cause' in answer && { cause: answer.cause }),
    });
    this.status = status;
    this.reason = reason;
    this.details = answer.details;
    this.uncertain = answer.uncertain ?? false;
  }
}
