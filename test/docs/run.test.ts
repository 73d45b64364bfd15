import { describe, expect, it } from 'vitest';
import { readPages } from './pages.ts';
import { type Program, programsOf } from './programs.ts';
import { runProgram } from './run-program.ts';

const pages = readPages();
const programs = pages.flatMap(programsOf);
const readText = (path: string) => pages.find((page) => page.path === path)?.text ?? '';
const named = (all: readonly Program[]) =>
  all.map((program) => ({ ...program, at: `${program.path}:${program.line}` }));

it('a program on embedded parts says that it runs, or that it fails', () => {
  const silent = programs.filter(
    ({ source, runs }) => source.includes("'holdfast/testing'") && runs === undefined,
  );
  expect(named(silent).map(({ at }) => at)).toEqual([]);
});

describe('a program that says so ends well, and prints what its page shows', () => {
  it.each(named(programs.filter(({ runs }) => runs === 'run')))('$at', async (program) => {
    const { code, out, err } = await runProgram(program);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    if (program.output !== undefined) expect(out).toBe(program.output);
  });
});

it("the file drop's complete example ends a file that the API refuses as its table of exit codes says", async () => {
  const [program] = programs.filter(({ path, runs }) => path === 'docs/file-drop.md' && runs === 'run');
  if (program === undefined) throw new Error('the page has no such program');
  const source = program.source.replace("new Response('rebuilt')", "new Response('no', { status: 422 })");
  expect(source).not.toBe(program.source);
  const { code, out, err } = await runProgram({ ...program, source });
  expect({ code, err }).toEqual({ code: 0, err: '' });
  expect(out).toContain('README.md Failed Error (exit code 4)\n');
  expect(out).toMatch(/^once more [0-9a-f-]{36}$/m);
});

describe('a program that says so fails', () => {
  it.each(named(programs.filter(({ runs }) => runs === 'fails')))('$at', async (program) => {
    expect((await runProgram(program)).code).toBe(1);
  });

  it('and the one of the simulator passes with what its page puts in place', async () => {
    const [program] = programs.filter(({ path, runs }) => path === 'docs/simulation.md' && runs === 'fails');
    const [, mended] = /`(\(\{ cluster \}\) => [^`]+)`/.exec(readText('docs/simulation.md')) ?? [];
    if (program === undefined || mended === undefined) throw new Error('the page does not show both');
    const source = program.source.replace('workload: createOrders', `workload: ${mended}`);
    expect(source).not.toBe(program.source);
    const { code, out } = await runProgram({ ...program, source });
    expect(out).toContain('pass 1\n');
    expect(code).toBe(0);
  });
});

it('a program that breaks is seen, at the line of its page', async () => {
  const text =
    "# A page\n\n```ts run\nimport { HoldfastError } from 'holdfast';\n\nthrow new HoldfastError('broken', { code: 'X' });\n```\n";
  const [program] = programsOf({ path: 'docs/broken.md', text });
  const { code, err } = program === undefined ? { code: 0, err: '' } : await runProgram(program);
  expect(code).toBe(1);
  expect(err).toMatch(/broken\.md\.mts:6/);
});
