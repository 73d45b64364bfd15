import type { Line } from './bench-row.ts';

/** The lines as a table that is Markdown as well. */
export function table(lines: readonly Line[]): string {
  return align([HEAD, ...lines.map(cells)]);
}

/** Rows, the first of them the head, as a table of Markdown. */
export function align(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const [head, ...body] = rows.map(
    (row) => `| ${row.map((cell, column) => pad(cell, widths[column])).join(' | ')} |`,
  );
  return [head, `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`, ...body, ''].join('\n');
}

const HEAD = ['what', 'ours', 'floor', 'ratio', 'budget', 'verdict'];

const cells = ({ what, ours, floor, ratio, budget, met }: Line) => [
  what,
  ours,
  floor,
  ratio.toFixed(2),
  budget,
  met ? 'pass' : 'falls short',
];

const pad = (cell: string, width = 0) => cell.padEnd(width);
