import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { expect, it } from 'vitest';
import { HoldfastError } from '../../src/core/errors.ts';
import type { ProcessorStage } from '../../src/file-drop/processor-error.ts';
import * as main from '../../src/index.ts';
import * as server from '../../src/server/index.ts';
import * as testing from '../../src/testing/index.ts';

const page = readFileSync('docs/errors.md', 'utf8');

/** Codes that are put together from a part that changes. */
const STAGES: Readonly<Record<ProcessorStage, string>> = {
  download: 'PROCESSOR_DOWNLOAD',
  upload: 'PROCESSOR_UPLOAD',
  answer: 'PROCESSOR_ANSWER',
  output: 'PROCESSOR_OUTPUT',
};
const COMPOSED: Readonly<Record<string, readonly string[]>> = { PROCESSOR_: Object.values(STAGES) };

/** What the simulator's network throws, as the platform does. */
const PLATFORM = ['UND_ERR_SOCKET'];

interface Use {
  readonly code: string;
  /** The class that has it, where the source says so in one place. */
  readonly type: string | undefined;
}

const isCode = (text: string) => /^[A-Z]+(?:_[A-Z]+)*$/.test(text);

/** What stands as the `code` of something, or is passed to the constructor of an error. */
function usesIn(path: string): Use[] {
  const uses: Use[] = [];
  const add = (node: ts.Node, code: string) => uses.push({ code, type: errorAround(node) });
  const take = (node: ts.Node): void => {
    if (ts.isStringLiteralLike(node)) {
      if (isCode(node.text)) add(node, node.text);
    } else if (ts.isTemplateExpression(node)) {
      for (const code of COMPOSED[node.head.text] ?? [node.getText()]) add(node, code);
    } else if (!ts.isFunctionLike(node)) {
      ts.forEachChild(node, take);
    }
  };
  const visit = (node: ts.Node): void => {
    for (const value of valuesOfCode(node)) take(value);
    for (const argument of argumentsOfError(node)) if (ts.isStringLiteralLike(argument)) take(argument);
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.ESNext, true));
  return uses;
}

function valuesOfCode(node: ts.Node): readonly ts.Node[] {
  if (ts.isPropertyAssignment(node)) return node.name.getText() === 'code' ? [node.initializer] : [];
  if (!ts.isParameter(node) && !ts.isVariableDeclaration(node)) return [];
  if (node.name.getText() !== 'code') return [];
  return [node.type, node.initializer].filter((value) => value !== undefined);
}

function argumentsOfError(node: ts.Node): readonly ts.Node[] {
  if (ts.isNewExpression(node) && isError(node.expression)) return node.arguments ?? [];
  const isSuper = ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.SuperKeyword;
  return isSuper ? node.arguments : [];
}

function errorAround(node: ts.Node): string | undefined {
  for (let at: ts.Node = node; !ts.isSourceFile(at); at = at.parent) {
    if (ts.isNewExpression(at) && isError(at.expression)) return at.expression.getText();
    if (ts.isClassDeclaration(at) && at.name !== undefined && isError(at.name)) return at.name.text;
  }
  return undefined;
}

const isError = (name: ts.Node) => /^[A-Z]\w*Error$/.test(name.getText());

const uses = readdirSync('src', { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .flatMap((name) => usesIn(join('src', name)))
  .filter(({ code }) => !PLATFORM.includes(code));

const codesOf = (text: string) =>
  [...text.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code).filter(isCode);

/** The rows of the table of errors: the classes, their codes, and whether both other columns say something. */
const rows = [...page.matchAll(/^\| (`[^|]+) \| (`[^|]+) \| ([^|]*) \| ([^|]*) \|$/gm)].map(
  ([, classes = '', codes = '', means = '', what = '']) => ({
    classes: [...classes.matchAll(/`(\w+)`/g)].map(([, name = '']) => name),
    codes: codesOf(codes),
    isWhole: means.trim() !== '' && what.trim() !== '',
  }),
);

/** Codes of what is no error of a call. */
const others = page
  .split('\n\n')
  .filter((paragraph) => !paragraph.startsWith('|'))
  .flatMap(codesOf);

it('every code that the source has is in the guide, and the guide has no other', () => {
  const known = new Set(uses.map(({ code }) => code));
  const told = new Set([...rows.flatMap(({ codes }) => codes), ...others]);
  expect([...told].sort()).toEqual([...known].sort());
});

it('every row says what the error means and what to do', () => {
  expect(rows.length).toBeGreaterThan(30);
  expect(rows.filter(({ isWhole }) => !isWhole)).toEqual([]);
});

it('every code stands beside the class that has it', () => {
  const wrong = uses.filter(({ code, type }) => {
    const row = rows.find(({ codes }) => codes.includes(code));
    return row !== undefined && type !== undefined && !row.classes.includes(type);
  });
  expect(wrong).toEqual([]);
});

it('every error class that is exported has a row', () => {
  const exported = Object.entries({ ...main, ...server, ...testing })
    .filter(([, value]) => isErrorClass(value))
    .map(([name]) => name);
  expect(exported.length).toBeGreaterThan(15);
  const told = rows.flatMap(({ classes }) => classes);
  expect(exported.filter((name) => !told.includes(name))).toEqual([]);
});

const isErrorClass = (value: unknown) =>
  typeof value === 'function' && (value === HoldfastError || value.prototype instanceof HoldfastError);
