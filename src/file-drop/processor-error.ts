import { ConfigError, defineError, HoldfastError } from '../core/errors.ts';

/** Where processing a file failed, and whether the API may have had it. */
export type ProcessorStage = 'download' | 'upload' | 'answer' | 'output';

/**
 * A file was not processed. Of the stage `upload` and `answer` the API may have worked on the file all the same, unless
 * `cause` is its refusal.
 */
export class ProcessorError extends HoldfastError {
  static {
    defineError(this, 'ProcessorError');
  }

  /** Where it failed. */
  readonly stage: ProcessorStage;

  constructor(stage: ProcessorStage, message: string, options?: { readonly cause?: unknown }) {
    super(message, { code: `PROCESSOR_${stage.toUpperCase()}`, ...options });
    this.stage = stage;
  }
}

/**
 * What the processor's container ends with: 2 for options that are wrong, 3 where the file could not be had, 4 where the
 * API did not take it, 5 where its answer is no result, 6 where that could not be written, 1 for anything else.
 */
export function processorExitCode(error: unknown): number {
  if (error instanceof ConfigError) return 2;
  return error instanceof ProcessorError ? EXIT_CODES[error.stage] : 1;
}

const EXIT_CODES = { download: 3, upload: 4, answer: 5, output: 6 } as const;

/** The failure of a stage, with the code that the platform gives the reason. */
export function asProcessorError(stage: ProcessorStage, message: string, cause: unknown): ProcessorError {
  const code = codesOf(cause).at(-1);
  return new ProcessorError(stage, code === undefined ? message : `${message} (${code})`, { cause });
}

/** Whether a request surely did not arrive. */
export function hadNoConnection(cause: unknown): boolean {
  return codesOf(cause).some((code) => NO_CONNECTION.includes(code));
}

const NO_CONNECTION = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'UND_ERR_CONNECT_TIMEOUT'];

/** Outermost first. */
function codesOf(error: unknown): string[] {
  const codes: string[] = [];
  for (let at = error; at instanceof Error; at = at.cause) {
    if ('code' in at && typeof at.code === 'string' && /^[A-Z][A-Z0-9_]+$/.test(at.code)) codes.push(at.code);
  }
  return codes;
}
