import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';

const text = `import { ClusterClient, Run, SyncratorClient } from 'holdfast';
const cluster = new ClusterClient(['http://127.0.0.1:1']);
const syncrator = new SyncratorClient({ baseUrl: 'http://127.0.0.1:1' });
cluster.createGroups(['floating']);
syncrator.jobs();
cluster.createGroup('floating');
new Run(async () => 1);
await cluster.createGroups(['awaited']);
void cluster.createGroups(['never started, and said so']);
for await (const job of syncrator.jobs()) String(job);
export const kept = cluster.deleteGroups(['kept']);
`;

it('a Run, a Page and a promise that nobody awaits are found', async () => {
  const root = await mkdtemp(join(tmpdir(), 'holdfast-floating-'));
  onTestFinished(() => rm(root, { recursive: true }));
  for (const name of ['.oxlintrc.json', 'tsconfig.json']) await cp(name, join(root, name));
  for (const name of ['src', 'node_modules']) await symlink(resolve(name), join(root, name));
  await mkdir(join(root, 'examples'));
  await writeFile(join(root, 'examples/use.ts'), text);
  expect(await floatingLines(root, 'examples/use.ts')).toEqual([4, 5, 6, 7]);
});

function floatingLines(root: string, file: string): Promise<number[]> {
  const manifest = createRequire(import.meta.url).resolve('oxlint/package.json');
  const oxlint = join(dirname(manifest), 'bin/oxlint');
  const options = ['--type-aware', '--format=json', file];
  return new Promise((done, reject) => {
    execFile(process.execPath, [oxlint, ...options], { cwd: root }, (error, stdout, stderr) => {
      // It exits 1 both for findings and where it cannot work; only the first prints a report.
      if (!stdout.startsWith('{'))
        return reject(new Error(`oxlint did not report: ${stderr}`, { cause: error }));
      const { diagnostics } = JSON.parse(stdout) as Report;
      done(diagnostics.map(({ labels: [label] }) => label?.span.line ?? 0));
    });
  });
}

interface Report {
  readonly diagnostics: readonly {
    readonly labels: readonly { readonly span: { readonly line: number } }[];
  }[];
}
