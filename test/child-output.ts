import type { ChildProcessByStdio } from 'node:child_process';
import type { Readable } from 'node:stream';

export interface ChildEnd {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** What a child process has printed until now, and how it ends. */
export function childOutput(child: ChildProcessByStdio<null, Readable, Readable>) {
  const printed = { out: '', err: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    printed.out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    printed.err += text;
  });
  const end = new Promise<ChildEnd>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, ...printed }));
  });
  return { printed, end };
}
