import { ConfigError, parseConfig } from 'holdfast';
import { expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { type Block, blocksOf, readPages } from './pages.ts';

const blocks = readPages().flatMap(blocksOf);

it('every block of code is in a language that something here looks at, or is plain text', () => {
  const known = ['ts', 'js', 'sh', 'json', 'yaml', 'text', 'mermaid', ''];
  expect(blocks.filter(({ language }) => !known.includes(language)).map(placeOf)).toEqual([]);
});

it('every block of JSON or YAML can be parsed', () => {
  expect(blocks.flatMap(faultsOf)).toEqual([]);
});

it('every config in the documents is one', () => {
  const configs = blocks.filter(({ language, text }) => language === 'yaml' && /^actions:/m.test(text));
  expect(configs.map(placeOf)).not.toEqual([]);
  expect(configs.flatMap(configFaultsOf)).toEqual([]);
});

it('what cannot be parsed is told by the line of the page', () => {
  const text = '# A page\n\n```json\n{ "a": 1, }\n```\n\n```yaml\na: 1\nb: [1, 2\n```\n';
  expect(blocksOf({ path: 'docs/wrong.md', text }).flatMap(faultsOf)).toEqual([
    expect.stringMatching(/^docs\/wrong\.md:4: .*JSON/),
    expect.stringMatching(/^docs\/wrong\.md:10: /),
  ]);
  const [config] = blocksOf({ path: 'docs/wrong.md', text: '```yaml\nactions:\n  - name: a\n```\n' });
  expect(config === undefined ? [] : configFaultsOf(config)).toEqual([
    'docs/wrong.md:3: action "a": needs "requests"',
    'docs/wrong.md:3: action "a": needs "targets"',
    'docs/wrong.md:3: action "a": needs "loop_order"',
  ]);
});

function configFaultsOf({ path, line, text }: Block): readonly string[] {
  try {
    parseConfig(text);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.issues.map((issue) => `${path}:${line - 1 + (issue.line ?? 1)}: ${issue.message}`);
  }
}

const placeOf = ({ path, line }: Block) => `${path}:${line}`;

function faultsOf(block: Block): readonly string[] {
  const { path, line, language, text } = block;
  if (language === 'json') {
    try {
      JSON.parse(text);
      return [];
    } catch (error) {
      return [`${placeOf(block)}: ${error instanceof Error ? error.message : error}`];
    }
  }
  if (language !== 'yaml') return [];
  const errors = [...parseAllDocuments(text)].flatMap((document) => document.errors);
  return errors.map(({ message, linePos }) => `${path}:${line - 1 + (linePos?.[0].line ?? 1)}: ${message}`);
}
