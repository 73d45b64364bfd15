import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import type { Line } from './bench-row.ts';
import { startChild } from './child.ts';
import { table } from './table.ts';

// npm run bench [-- [--profile] WORD…]: only the rows whose file name has one of the words.
const given = process.argv.slice(2);
const wanted = given.filter((word) => !word.startsWith('--'));
const flags = given.filter((word) => word.startsWith('--'));
const folder = new URL('./rows/', import.meta.url);
const files = (await readdir(folder)).filter(
  (file) => wanted.length === 0 || wanted.some((word) => file.includes(word)),
);

const lines: Line[] = [];
for (const file of files.sort()) {
  process.stderr.write(`measuring ${file}\n`);
  await using child = startChild(new URL('./run-row.ts', import.meta.url), [
    new URL(file, folder).href,
    ...flags,
  ]);
  lines.push(...(await child.heard<Line[]>()));
}

const report = { node: process.version, cores: cpus().length, date: new Date().toISOString(), rows: lines };
await mkdir('.reports', { recursive: true });
await writeFile('.reports/bench.json', `${JSON.stringify(report, undefined, 2)}\n`);
process.stdout.write(table(lines));
if (lines.length === 0 || lines.some(({ met }) => !met)) process.exitCode = 1;
