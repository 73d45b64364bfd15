import { readFile } from 'node:fs/promises';
import { DEPLOY } from './deployed.ts';

interface Instruction {
  readonly name: string;
  /** As it was written, on one line. */
  readonly text: string;
}

/** One image of the Dockerfile, from its `FROM` on. */
export interface Stage {
  readonly base: string;
  /** What others call it; empty where they do not. */
  readonly name: string;
  readonly instructions: readonly Instruction[];
}

export async function readDockerfile(): Promise<readonly Stage[]> {
  const text = await readFile(new URL('Dockerfile', DEPLOY), 'utf8');
  const stages: { base: string; name: string; instructions: Instruction[] }[] = [];
  for (const line of text.replaceAll('\\\n', ' ').split('\n')) {
    const [, name = '', rest = ''] = /^([A-Z]+)\s+(.*)$/.exec(line) ?? [];
    if (name === '') continue;
    const [, base = '', stage = ''] = /^(\S+)(?: AS (\S+))?$/.exec(rest) ?? [];
    if (name === 'FROM') stages.push({ base, name: stage, instructions: [] });
    else stages.at(-1)?.instructions.push({ name, text: rest });
  }
  return stages;
}

/** What a stage says of one thing, in its order. */
export const said = ({ instructions }: Stage, name: string): readonly string[] =>
  instructions.filter((one) => one.name === name).map(({ text }) => text);

export interface Copy {
  /** The stage it comes from; empty for the repository. */
  readonly from: string;
  readonly sources: readonly string[];
  readonly to: string;
}

export function readCopy(text: string): Copy {
  const [, from = '', paths = ''] = /^(?:--from=(\S+) )?(.*)$/.exec(text) ?? [];
  const sources = paths.split(' ');
  return { from, to: sources.pop() ?? '', sources };
}
