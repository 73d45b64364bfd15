import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

it('the list of the guides has each of them once, with a line', () => {
  const guides = readdirSync('docs').filter((name) => name.endsWith('.md') && name !== 'README.md');
  const rows = readFileSync('docs/README.md', 'utf8').matchAll(/^\| \[[^\]]+\]\(([^)]+)\) \| .+ \|$/gm);
  const listed = Array.from(rows, ([, target = '']) => target);
  expect(listed.sort()).toEqual(guides.sort());
});
