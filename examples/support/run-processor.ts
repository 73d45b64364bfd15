import {
  HoldfastError,
  type ProcessorOptions,
  processFile,
  processorExitCode,
  processorOptions,
} from 'holdfast';

export interface ProcessorRun extends Pick<ProcessorOptions, 'outputDirectory'> {
  readonly signal: AbortSignal;
  readonly log: (line: string) => void;
}

/** Sends the file that the environment names. Resolves to the exit code, and logs a line. */
export async function runProcessor(
  env: Readonly<Record<string, string | undefined>>,
  { log, ...options }: ProcessorRun,
): Promise<number> {
  try {
    const { sent, received } = await processFile(await processorOptions(env, options));
    log(`sent ${sent} bytes, received ${received}`);
    return 0;
  } catch (error) {
    // A fault of the program keeps its stack.
    if (!(error instanceof HoldfastError) && error !== options.signal.reason) throw error;
    log(String(error));
    return processorExitCode(error);
  }
}
