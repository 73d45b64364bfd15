import { expect, it } from 'vitest';
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

it('every program in the documents compiles, and a mistake is told by the line of its page', () => {
  const programs = readPages().flatMap(programsOf);
  expect(programs.length).toBeGreaterThan(20);
  // Both by one program: what the library has is then read once.
  expect(compile([...programs, ...programsOf({ path: 'docs/wrong.md', text: WRONG })])).toEqual([
    expect.stringMatching(/^docs\/wrong\.md:5: .*'retries' does not exist/),
    expect.stringMatching(/^docs\/wrong\.md:9: .*'dedline' does not exist/),
    expect.stringMatching(/^docs\/wrong\.md:13: .*no exported member 'nothing'/),
  ]);
}, 120_000);
