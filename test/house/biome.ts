import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** What Biome reports about each file that it objects to: the names of the rules broken, sorted. */
export type Findings = ReadonlyMap<string, readonly string[]>;

/** Lints the given files (text by path, from the root of the repository) by this repository's own rules. */
export async function lint(files: Readonly<Record<string, string>>): Promise<Findings> {
  const root = await mkdtemp(join(tmpdir(), 'holdfast-lint-'));
  try {
    // The rules name folders from where biome.json lies, so a copy of it governs a tree of its own.
    for (const path of ['biome.json', '.gitignore', '.ci'])
      await cp(path, join(root, path), { recursive: true });
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(root, path)), { recursive: true });
      await writeFile(join(root, path), text);
    }
    return findings(await runBiome(root));
  } finally {
    await rm(root, { recursive: true });
  }
}

function runBiome(root: string): Promise<string> {
  const biome = createRequire(import.meta.url).resolve('@biomejs/biome/bin/biome');
  const options = ['lint', '--reporter=json', '--max-diagnostics=none', 'src', 'test', 'examples'];
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [biome, ...options], { cwd: root }, (error, stdout, stderr) => {
      // Biome exits 1 both for findings and for a configuration it cannot read; only the first prints a report.
      if (stdout.startsWith('{')) resolve(stdout);
      else reject(new Error(`Biome did not report: ${stderr}`, { cause: error }));
    });
  });
}

function findings(report: string): Findings {
  const { diagnostics } = JSON.parse(report) as {
    diagnostics: { category: string; location: { path: string } }[];
  };
  const byFile = new Map<string, string[]>();
  for (const { category, location } of diagnostics) {
    const rule = category.split('/').at(-1) ?? category;
    byFile.set(location.path, [...(byFile.get(location.path) ?? []), rule].sort());
  }
  return byFile;
}
