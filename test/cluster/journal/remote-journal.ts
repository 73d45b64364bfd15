import { fork } from 'node:child_process';
import { once } from 'node:events';
import { onTestFinished } from 'vitest';
import type { Journal, OpenEntry } from '../../../src/cluster/journal.ts';
import type { Order, Report } from './journal-process.ts';

/** A journal that another process has opened. */
export interface RemoteJournal {
  readonly journal: Journal;
  /** SIGKILL; resolves when the process is gone. */
  kill(): Promise<void>;
  /** SIGSTOP. */
  stop(): void;
  /** SIGCONT. */
  resume(): void;
}

export function startRemoteJournal(path: string): RemoteJournal {
  const child = fork(new URL('./journal-process.ts', import.meta.url), [path], {
    execArgv: ['--disable-warning=ExperimentalWarning'],
  });
  const gone = once(child, 'exit');
  const waiting = new Map<number, (report: Report) => void>();
  let orders = 0;
  child.on('message', (report: Report) => {
    waiting.get(report.order)?.(report);
    waiting.delete(report.order);
  });
  const ask = async (order: Order): Promise<unknown> => {
    const number = ++orders;
    const report = await new Promise<Report>((resolve) => {
      waiting.set(number, resolve);
      child.send([number, order]);
    });
    if (report.message === undefined) return report.value;
    throw Object.assign(new Error(report.message), { name: report.name });
  };
  const kill = async () => {
    child.kill('SIGKILL');
    await gone;
  };
  onTestFinished(kill);
  const journal: Journal = {
    lock: {
      acquire: async (key, { deadline }) => {
        const hold = (await ask({ call: 'acquire', key, options: { deadline } })) as number;
        return {
          lost: new AbortController().signal,
          release: async () => void (await ask({ call: 'release', hold })),
        };
      },
    },
    begin: async (entry) => void (await ask({ call: 'begin', entry })),
    end: async (entry, end) => void (await ask({ call: 'end', entry, end })),
    openEntry: async (groupId) => (await ask({ call: 'openEntry', groupId })) as OpenEntry | undefined,
    openEntries: async function* () {
      yield* (await ask({ call: 'openEntries' })) as OpenEntry[];
    },
    close: async () => void (await ask({ call: 'close' })),
  };
  return { journal, kill, stop: () => child.kill('SIGSTOP'), resume: () => child.kill('SIGCONT') };
}
