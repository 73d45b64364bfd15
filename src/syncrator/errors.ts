import { type ConfigIssue, defineError, HoldfastError } from '../core/errors.ts';
import type { JobDetail } from './job.ts';

/** No token could be had, or the server takes none that could be had. Nothing was started. */
export class AuthenticationError extends HoldfastError {
  static {
    defineError(this, 'AuthenticationError');
  }

  constructor(message: string, options?: { readonly cause?: unknown }) {
    super(message, { code: 'AUTHENTICATION_FAILED', ...options });
  }
}

/** A server's answer is not what this API answers: `issues` name each field. A write has been carried out all the same. */
export class UnexpectedAnswerError extends HoldfastError {
  static {
    defineError(this, 'UnexpectedAnswerError');
  }

  /** Of the request. */
  readonly method: string;
  /** Without credentials. */
  readonly url: string;
  /** By the names that the server uses: `answer.sync_job.total_records`. */
  readonly issues: readonly ConfigIssue[];

  constructor(method: string, url: string, issues: readonly ConfigIssue[]) {
    const said = issues.map(({ path, message }) => `${path}: ${message}`).join('; ');
    super(`${method} ${url} answered what this library does not know: ${said}`, {
      code: 'ANSWER_UNEXPECTED',
    });
    this.method = method;
    this.url = url;
    this.issues = issues;
  }
}

/** A followed job did not come to a good end. */
class JobError extends HoldfastError {
  /** Of the job. */
  readonly jobId: number;
  /** Its last state. */
  readonly job: JobDetail;

  constructor(code: string, end: string, job: JobDetail) {
    super(`job ${job.id} (${job.jobType} of ${job.target} in ${job.env}) ${end}`, { code });
    this.jobId = job.id;
    this.job = job;
  }
}

/** The job's program, or what should have run it, failed; or the program ended without reporting. */
export class JobFailedError extends JobError {
  static {
    defineError(this, 'JobFailedError');
  }

  constructor(job: JobDetail) {
    // The API gives no reason, and the program may have had no part in it.
    const why =
      "its program's log may say why, or the program never ran or ended without reporting (see the server's log, and `statusFrom` of kubernetesRunner)";
    super('JOB_FAILED', `failed; ${why}; the job may be started again`, job);
  }
}

/** Somebody deleted the job. */
export class JobDeletedError extends JobError {
  static {
    defineError(this, 'JobDeletedError');
  }

  constructor(job: JobDetail) {
    super('JOB_DELETED', 'was deleted before it had ended', job);
  }
}
