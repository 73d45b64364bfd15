import { onTestFinished, vi } from 'vitest';

/** What a program that runs in this process prints, in place of its being printed. */
export function capturePrinted() {
  const lines: { readonly out: string[]; readonly err: string[] } = { out: [], err: [] };
  const spies = [
    vi.spyOn(console, 'log').mockImplementation((line: unknown) => void lines.out.push(String(line))),
    vi.spyOn(console, 'error').mockImplementation((line: unknown) => void lines.err.push(String(line))),
    vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
      lines.err.push(String(text).trimEnd());
      return true;
    }),
  ];
  onTestFinished(() => {
    for (const spy of spies) spy.mockRestore();
  });
  return lines;
}
