import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The repository, with a slash at its end. */
export const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** A text in Markdown, by its path in the repository. */
export interface Page {
  readonly path: string;
  readonly text: string;
}

/** A fenced block of code. */
export interface Block {
  readonly path: string;
  /** Of the page, counted from 1, on which its text begins. */
  readonly line: number;
  readonly language: string;
  /** What stands behind the language: `run`, `fails`, `continued`, `output`. */
  readonly words: readonly string[];
  readonly text: string;
}

/** A `code span`. */
export interface Span {
  readonly path: string;
  readonly line: number;
  readonly text: string;
}

/** README.md, the guides, and what tells contributors how to work. */
export function readPages(): readonly Page[] {
  const guides = readdirSync(`${ROOT}docs`)
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`);
  return ['README.md', 'CONTRIBUTING.md', ...guides.sort()].map((path) => ({
    path,
    text: readFileSync(`${ROOT}${path}`, 'utf8'),
  }));
}

export function blocksOf({ path, text }: Page): readonly Block[] {
  const blocks: Block[] = [];
  let open: { fence: string; line: number; info: readonly string[]; lines: string[] } | undefined;
  for (const [index, line] of text.split('\n').entries()) {
    const [, fence = '', info = ''] = /^ *(`{3,})(.*)$/.exec(line) ?? [];
    if (open === undefined) {
      if (fence !== '') open = { fence, line: index + 2, info: info.trim().split(/\s+/), lines: [] };
    } else if (fence.startsWith(open.fence) && info.trim() === '') {
      const [language = '', ...words] = open.info;
      blocks.push({ path, line: open.line, language, words, text: `${open.lines.join('\n')}\n` });
      open = undefined;
    } else open.lines.push(line);
  }
  if (open !== undefined) throw new Error(`${path}:${open.line - 1}: this block of code does not end`);
  return blocks;
}

/** The page's prose: its blocks of code are empty lines, so that what is left stands on its own line. */
export function proseOf(page: Page): readonly string[] {
  const lines = page.text.split('\n');
  for (const { line, text } of blocksOf(page)) {
    const count = text.split('\n').length - 1;
    lines.fill('', line - 2, line + count);
  }
  return lines;
}

export function spansOf(page: Page): readonly Span[] {
  return proseOf(page).flatMap((line, index) =>
    Array.from(line.matchAll(/(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)/g), ([, , text = '']) => ({
      path: page.path,
      line: index + 1,
      text: text.trim().replaceAll('\\|', '|'),
    })),
  );
}
