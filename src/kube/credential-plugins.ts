import type { ChildProcess } from 'node:child_process';

/**
 * Remembers the processes in which authenticators of the client run credential plugins. The returned function ends those
 * that still run: the client itself waits for them for ever. What an authenticator of the caller's does is not known.
 */
export function supervisePlugins(authenticators: readonly object[]): () => void {
  const running = new Set<ChildProcess>();
  for (const authenticator of authenticators) {
    const spawn: unknown = Reflect.get(authenticator, 'execFn');
    if (typeof spawn !== 'function') continue;
    Reflect.set(authenticator, 'execFn', (...command: unknown[]) => {
      const child = Reflect.apply(spawn, undefined, command) as ChildProcess;
      running.add(child);
      child.once('close', () => running.delete(child));
      return child;
    });
  }
  return () => {
    for (const child of running) {
      child.kill();
      // A process that it has started in turn may hold on to them.
      for (const stream of [child.stdin, child.stdout, child.stderr]) stream?.destroy();
    }
  };
}
