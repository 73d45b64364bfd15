import ts from 'typescript';
import { type Block, blocksOf, type Page, ROOT } from './pages.ts';

/** What can be compiled. */
export interface Source {
  readonly path: string;
  /** Where it begins. */
  readonly line: number;
  readonly extension: 'ts' | 'js';
  /** Each line at its place in the page, so that what is told of a line is told of the page's. */
  readonly source: string;
}

/** A program that a page shows: a block, with the blocks that go on where it ends. */
export interface Program extends Source {
  /** `run`: it ends by itself, with exit code 0. `fails`: with another one, as the page says. */
  readonly runs: 'run' | 'fails' | undefined;
  /** What the page says that it prints: the block `text output` behind it. */
  readonly output: string | undefined;
}

const WORDS = ['run', 'fails', 'continued'];

export function programsOf(page: Page): readonly Program[] {
  const programs: { blocks: Block[]; output: string | undefined }[] = [];
  for (const block of blocksOf(page)) {
    const last = programs.at(-1);
    if (block.language === 'text' && block.words.includes('output')) {
      if (last === undefined) throw new Error(`${block.path}:${block.line}: the output of which program?`);
      last.output = block.text;
    } else if (block.language === 'ts' || block.language === 'js') {
      const unknown = block.words.find((word) => !WORDS.includes(word));
      if (unknown !== undefined)
        throw new Error(`${block.path}:${block.line}: '${unknown}' is no word of a block`);
      if (!block.words.includes('continued')) programs.push({ blocks: [block], output: undefined });
      else if (last === undefined) throw new Error(`${block.path}:${block.line}: continues what?`);
      else last.blocks.push(block);
    }
  }
  return programs.map(({ blocks, output }) => {
    const [first] = blocks;
    if (first === undefined) throw new Error('a program has a block');
    const words = blocks.flatMap((block) => block.words);
    return {
      path: page.path,
      line: first.line,
      extension: first.language === 'js' ? 'js' : 'ts',
      source: sourceOf(blocks),
      runs: words.includes('fails') ? 'fails' : words.includes('run') ? 'run' : undefined,
      output,
    };
  });
}

function sourceOf(blocks: readonly Block[]): string {
  const lines: string[] = [];
  for (const { line, text } of blocks) {
    lines.push(...Array.from({ length: line - 1 - lines.length }, () => ''), ...text.trimEnd().split('\n'));
  }
  return `${lines.join('\n')}\n`;
}

/**
 * What the compiler has against the programs, by the repository's own options, as `docs/page.md:12: message`. A name that
 * is not used is no mistake: the reader goes on with it.
 */
export function compile(programs: readonly Source[]): readonly string[] {
  const config = ts.readConfigFile(`${ROOT}tsconfig.json`, (path) => ts.sys.readFile(path));
  const { options } = ts.parseJsonConfigFileContent(
    { ...config.config, files: [], include: [] },
    ts.sys,
    ROOT,
  );
  const files = new Map(
    programs.map((program, index) => [`${ROOT}docs/program-${index}.${program.extension}`, program]),
  );
  const settings: ts.CompilerOptions = {
    ...options,
    allowJs: true,
    checkJs: true,
    moduleDetection: ts.ModuleDetectionKind.Force,
    noUnusedLocals: false,
    noUnusedParameters: false,
  };
  const host = ts.createCompilerHost(settings);
  const read = host.readFile.bind(host);
  const exists = host.fileExists.bind(host);
  const open = host.getSourceFile.bind(host);
  host.readFile = (path) => files.get(path)?.source ?? read(path);
  host.fileExists = (path) => files.has(path) || exists(path);
  host.getSourceFile = (path, version, ...rest) => {
    const program = files.get(path);
    return program === undefined
      ? open(path, version, ...rest)
      : ts.createSourceFile(path, program.source, version, true);
  };
  const whole = ts.createProgram([...files.keys()], settings, host);
  return [...files].flatMap(([file, { path }]) => {
    const source = whole.getSourceFile(file);
    return [...whole.getSyntacticDiagnostics(source), ...whole.getSemanticDiagnostics(source)].map(
      (found) => {
        const line = source?.getLineAndCharacterOfPosition(found.start ?? 0).line ?? 0;
        return `${path}:${line + 1}: ${ts.flattenDiagnosticMessageText(found.messageText, ' ')}`;
      },
    );
  });
}
