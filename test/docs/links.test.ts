import { existsSync } from 'node:fs';
import { posix } from 'node:path';
import { expect, it } from 'vitest';
import { type Page, proseOf, ROOT, readPages } from './pages.ts';

const pages = readPages();

it('every link inside the repository leads to a file and a heading that there are', () => {
  expect(pages.flatMap(linksOf).length).toBeGreaterThan(20);
  expect(pages.flatMap((page) => deadLinksOf(page, pages))).toEqual([]);
});

it('a page of the package leads to nothing that only the repository has', () => {
  const isPacked = (path: string) => /^(docs\/.*|(README|CHANGELOG)\.md|LICENSE)$/.test(path);
  const packed = pages.filter(({ path }) => isPacked(path));
  expect(packed.length).toBeGreaterThan(10);
  const leading = packed.flatMap((page) => linksOf(page).map(({ file }) => `${page.path}: ${file ?? ''}`));
  expect(leading.filter((link) => !/: $/.test(link) && !isPacked(link.replace(/^.*: /, '')))).toEqual([]);
});

it('every guide can be reached from the README', () => {
  const guides = pages.map(({ path }) => path).filter((path) => path.startsWith('docs/'));
  const seen = new Set(['README.md']);
  for (const path of seen) {
    const page = pages.find((each) => each.path === path);
    for (const link of page === undefined ? [] : linksOf(page))
      if (link.file !== undefined) seen.add(link.file);
  }
  expect(guides.filter((path) => !seen.has(path))).toEqual([]);
});

it('a dead link is told by the line of its page', () => {
  const text = [
    '# A page',
    '[file](nowhere.md) and [heading](errors.md#nowhere), [own](#here--there)',
    '## Here & `there`',
    '[far](https://example.org/x) ![image](images/nowhere.png) [by name][up]',
    '`[code](nowhere.md)`',
    '[up]: ../nowhere.md',
  ].join('\n');
  const page = { path: 'docs/wrong.md', text };
  expect(deadLinksOf(page, [...pages, page])).toEqual([
    'docs/wrong.md:2: nowhere.md',
    'docs/wrong.md:2: errors.md#nowhere',
    'docs/wrong.md:4: images/nowhere.png',
    'docs/wrong.md:6: ../nowhere.md',
  ]);
});

interface Link {
  readonly line: number;
  readonly target: string;
  /** In the repository; `undefined` for what is elsewhere. */
  readonly file: string | undefined;
  readonly anchor: string | undefined;
}

function linksOf(page: Page): readonly Link[] {
  return proseOf(page).flatMap((line, index) => {
    const text = line.replace(/`[^`]*`/g, '');
    const targets = [...text.matchAll(/\]\(([^)\s]+)\)|^\[[^\]]+\]:\s+(\S+)/g)].map(
      ([, inline, named]) => inline ?? named ?? '',
    );
    return targets.map((target) => {
      const [to = '', anchor] = target.split('#');
      const isElsewhere = /^[a-z]+:/.test(target);
      const file = to === '' ? page.path : posix.normalize(posix.join(posix.dirname(page.path), to));
      return {
        line: index + 1,
        target,
        file: isElsewhere ? undefined : file,
        anchor: isElsewhere ? undefined : anchor,
      };
    });
  });
}

function deadLinksOf(page: Page, all: readonly Page[]): readonly string[] {
  const isDead = ({ file, anchor }: Link): boolean => {
    if (file === undefined) return false;
    const other = all.find(({ path }) => path === file);
    if (other === undefined) return anchor !== undefined || !existsSync(`${ROOT}${file}`);
    return anchor !== undefined && !anchorsOf(other).includes(anchor);
  };
  return linksOf(page)
    .filter(isDead)
    .map(({ line, target }) => `${page.path}:${line}: ${target}`);
}

/** As GitHub makes them of headings. */
function anchorsOf(page: Page): readonly string[] {
  const seen = new Map<string, number>();
  return proseOf(page).flatMap((line) => {
    const [, heading] = /^#{1,6} +(.*?) *#*$/.exec(line) ?? [];
    if (heading === undefined) return [];
    const text = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1');
    const slug = text
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\p{M}_ -]/gu, '')
      .replaceAll(' ', '-');
    const times = seen.get(slug) ?? 0;
    seen.set(slug, times + 1);
    return [times === 0 ? slug : `${slug}-${times}`];
  });
}
