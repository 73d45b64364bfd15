import { registerHooks } from 'node:module';
import { say } from './child.ts';

/** What an import took, in a fresh process. */
export interface Probed {
  readonly milliseconds: number;
  /** What the heap grew by, in MB, after it was cleared of what is not alive. */
  readonly megabytes: number;
  /** The modules that came, as urls; only where `list` was asked for, for watching them takes time. */
  readonly modules: readonly string[];
}

const [specifier = '', list] = process.argv.slice(2);
const modules: string[] = [];
if (list !== undefined) {
  registerHooks({
    load: (url, context, next) => {
      modules.push(url);
      return next(url, context);
    },
  });
}

const before = alive();
const start = performance.now();
const loaded: unknown = await import(specifier);
const milliseconds = performance.now() - start;
const megabytes = alive() - before;
if (typeof loaded !== 'object') throw new TypeError(`${specifier} is no module`);
say({ milliseconds, megabytes, modules } satisfies Probed);
process.disconnect();

function alive(): number {
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return (heapUsed + external) / 1_000_000;
}
