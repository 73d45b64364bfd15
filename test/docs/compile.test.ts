import { expect, it } from 'vitest';
import { examplesOf, readExamples } from './examples.ts';
import { readPages } from './pages.ts';
import { compile, programsOf } from './programs.ts';

const WRONG = `# A page
\`\`\`ts
import { ClusterClient } from 'holdfast';

const cluster = new ClusterClient(['http://10.0.0.1'], { retries: 3 });
\`\`\`
and then
\`\`\`ts continued
await cluster.createGroup('orders', { dedline: 5 });
await cluster.createGroups('orders');
\`\`\`
\`\`\`js
import { nothing } from 'holdfast';
\`\`\`
`;

const WRONG_EXAMPLE = `
/**
 * Does it.
 *
 * @example
 * const kube = connectKubernetes();
 * await kube.lists('pods');
 *
 * @throws nothing
 */
`;

it('every program in the documents and every example of a comment compiles, and a mistake is told by its line', () => {
  const programs = readPages().flatMap(programsOf);
  const examples = readExamples();
  expect(programs.length).toBeGreaterThan(20);
  expect(examples.length).toBeGreaterThan(15);
  const wrong = [
    ...programsOf({ path: 'docs/wrong.md', text: WRONG }),
    ...examplesOf('src/wrong.ts', WRONG_EXAMPLE),
  ];
  // All by one program: what the library has is then read once.
  expect(compile([...programs, ...examples, ...wrong])).toEqual([
    expect.stringMatching(/^docs\/wrong\.md:5: .*'retries' does not exist/),
    expect.stringMatching(/^docs\/wrong\.md:9: .*'dedline' does not exist/),
    expect.stringMatching(/^docs\/wrong\.md:13: .*no exported member 'nothing'/),
    expect.stringMatching(/^src\/wrong\.ts:7: .*'lists' does not exist/),
  ]);
}, 120_000);
