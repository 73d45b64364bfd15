import process from 'node:process';

/**
 * A caller's listener, called so that whatever it throws, or rejects with, changes nothing. Its first error
 * is shown as a warning of the process: it is a mistake in the caller's code that nobody would see otherwise.
 */
export function guardListener<Event>(
  listener: ((event: Event) => void) | undefined,
  name: string,
): (event: Event) => void {
  if (listener === undefined) return () => undefined;
  let warned = false;
  const warn = (error: unknown): void => {
    if (warned) return;
    warned = true;
    const code = 'HOLDFAST_LISTENER';
    process.emitWarning(`${name} threw; the work went on: ${describe(error)}`, { code });
  };
  return (event) => {
    try {
      // A function declared to return nothing may well be async.
      const returned: unknown = listener(event);
      if (returned instanceof Promise) returned.catch(warn);
    } catch (error) {
      warn(error);
    }
  };
}

const describe = (error: unknown): string =>
  error instanceof Error ? (error.stack ?? error.message) : String(error);
