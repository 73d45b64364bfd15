import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import ts from 'typescript';
import { expect, it } from 'vitest';
import type { SagaState } from '../../src/cluster/saga.ts';
import { CONFIGURATIONS, finishStarts, rollbackStarts, starts } from '../cluster/saga/configurations.ts';
import { Control } from '../cluster/saga/control.ts';
import { edgesOf } from '../cluster/saga/control-graph.ts';
import { saga } from '../cluster/saga/machine.ts';

const page = readFileSync('docs/architecture.md', 'utf8');

/** The mermaid block of this kind, a line each. */
function diagram(kind: string): readonly string[] {
  const blocks = [...page.matchAll(/^```mermaid\n([\s\S]*?)^```$/gm)].map(([, text = '']) =>
    text.split('\n'),
  );
  const found = blocks.find(([first = '']) => first.startsWith(kind));
  if (found === undefined) throw new Error(`the page has no mermaid diagram of the kind ${kind}`);
  return found.slice(1).map((line) => line.trim());
}

/** `a & b --> c & d: label` is four edges; the label is no part of them. */
function edgesIn(lines: readonly string[]): string[] {
  const sides = lines.flatMap((line) => {
    const [, from, to] = /^(.+?) --> ([^:]+)(?::.*)?$/.exec(line) ?? [];
    return from === undefined || to === undefined ? [] : [{ from: from.split(' & '), to: to.split(' & ') }];
  });
  return sides.flatMap(({ from, to }) => from.flatMap((one) => to.map((other) => `${one} --> ${other}`)));
}

const folders = readdirSync('src', { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

/** A folder of `src`, or `index` for the file at its top. */
const partOf = (path: string) => relative('src', path).split(sep)[0]?.replace(/\.ts$/, '') ?? '';

function realImports(): Set<string> {
  const edges = new Set<string>();
  for (const name of readdirSync('src', { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.ts')) continue;
    const path = join('src', name);
    for (const { fileName } of ts.preProcessFile(readFileSync(path, 'utf8')).importedFiles) {
      if (!fileName.startsWith('.')) continue;
      const [from, to] = [partOf(path), partOf(resolve(dirname(path), fileName))];
      if (from !== to) edges.add(`${from} --> ${to}`);
    }
  }
  return edges;
}

it('the diagram of the layers has every import between folders of src, and no other', () => {
  const drawn = edgesIn(diagram('flowchart'));
  expect(drawn.toSorted()).toEqual([...realImports()].sort());
});

it('every folder of src is said to have its one job', () => {
  const jobs = [...page.matchAll(/^\| (?:`([a-z-]+)`|top of `src`) \| (.+) \|$/gm)];
  const rows = jobs.map(([, folder = 'index']) => folder);
  expect(rows).toEqual(expect.arrayContaining([...folders, 'index']));
});

it('the diagram of an operation has every change of phase that the saga can make, and no other', () => {
  const shown = (phase: SagaState['phase']) => (phase === 'ended' ? '[*]' : phase);
  const real = new Set<string>();
  for (const { setting, rules } of CONFIGURATIONS) {
    for (const list of [starts(1), rollbackStarts(setting, 1), finishStarts(setting, 1)]) {
      const control = new Control(saga, rules);
      for (const start of list) real.add(`[*] --> ${shown(control.begin(start).to.saga.phase)}`);
      for (const { from, step } of edgesOf(control, list)) {
        const [before, after] = [from.saga.phase, step.to.saga.phase];
        if (before !== after) real.add(`${shown(before)} --> ${shown(after)}`);
      }
    }
  }
  expect(edgesIn(diagram('stateDiagram')).toSorted()).toEqual([...real].sort());
});

it('every file that is named exists', () => {
  const named = [...page.matchAll(/`([\w./-]+)`/g)]
    .map(([, name = '']) => name)
    .filter((name) => /^[\w-]+\/[\w./-]+$/.test(name) && !name.startsWith('holdfast/'))
    .filter((name) => !name.startsWith('@'));
  expect(named.length).toBeGreaterThan(30);
  const missing = named.filter((name) => !existsSync(name) && !existsSync(join('src', name)));
  expect(missing).toEqual([]);
});
