import { ConfigError, HoldfastError, RolledBackError } from 'holdfast';
import { UsageError } from './arguments.ts';

/**
 * Runs `main` as a script: its exit code is 0 where `main` resolves with `true`, 1 with `false`, else the number that it
 * resolves with; 1 where it rejects. Errors that a user can do something about are shown as one line; any other is a
 * fault of the script and keeps its stack.
 *
 * Ctrl-C aborts the signal, so that what is half done is undone; then the exit code is 130 (143 after SIGTERM), unless
 * all had come out well. A second Ctrl-C ends the process at once. A reader that went away, as in `| head -1`, stops
 * the script in the same way, without a word.
 */
export async function runScript(main: (signal: AbortSignal) => Promise<boolean | number>): Promise<void> {
  const stop = listenForStop();
  try {
    const result = await main(stop.signal);
    process.exitCode = typeof result === 'number' ? result : result ? 0 : 1;
  } catch (error) {
    process.exitCode = 1;
    if (!isOnlyTheStop(error, stop.signal)) show(error);
  }
  const { exitCode, word } = stop.end();
  if (process.exitCode === 0 || exitCode === undefined) return;
  process.exitCode = exitCode;
  if (word !== undefined) console.error(word);
}

const STILL = 'undoing what is half done; another Ctrl-C ends at once and leaves it';

function listenForStop() {
  const controller = new AbortController();
  let exitCode: number | undefined;
  let word: string | undefined;
  let stoppedAt = 0;
  let reminder: NodeJS.Timeout | undefined;

  const stop = (code: number, says?: string) => {
    exitCode = code;
    word = says;
    stoppedAt = performance.now();
    controller.abort(new Error('interrupted'));
  };
  const onSignal = (code: number) => {
    if (exitCode === undefined) {
      stop(code, 'interrupted');
      const remind = () => console.error(`${process.stderr.isTTY ? '\n' : ''}${STILL}`);
      reminder = setTimeout(remind, 1_000).unref();
    }
    // npx and tsx pass a Ctrl-C on that the terminal gave to this process as well: that is no second one.
    else if (performance.now() - stoppedAt > 200) process.exit(code);
  };
  process.on('SIGINT', () => onSignal(130));
  process.on('SIGTERM', () => onSignal(143));
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
      // As the shell reports a program that SIGPIPE ended.
      if (exitCode === undefined) stop(141);
    });
  }
  const end = () => {
    clearTimeout(reminder);
    return { exitCode, word };
  };
  return { signal: controller.signal, end };
}

/** Then every node is as it was before, and there is nothing more to tell. */
function isOnlyTheStop(error: unknown, { aborted, reason }: AbortSignal): boolean {
  return aborted && (error === reason || (error instanceof RolledBackError && error.cause === reason));
}

function show(error: unknown): void {
  if (error instanceof ConfigError) console.error(`${error.message}. Try --help`);
  else if (error instanceof HoldfastError || error instanceof UsageError) console.error(error.message);
  else throw error;
}
