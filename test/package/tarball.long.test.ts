import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { publint } from 'publint';
import { preProcessFile } from 'typescript';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type PackedProject, packedProject } from './packed.ts';

let project: PackedProject;

beforeAll(async () => {
  project = await packedProject();
}, 300_000);

afterAll(async () => {
  await rm(project.root, { recursive: true });
});

it('holds the built library and its papers, and no file of development', () => {
  const papers = ['CHANGELOG.md', 'LICENSE', 'README.md', 'package.json'];
  const known = /^(dist\/[^/]+\.(js|d\.ts|js\.map)|docs\/[^/]+\.md|docs\/images\/[^/]+\.png)$/;
  expect(project.files.filter((path) => !known.test(path))).toEqual(papers);
});

it('has every file that its exports name', async () => {
  const targets = Object.values(project.manifest.exports).flatMap((target) =>
    typeof target === 'string' ? [target] : Object.values(target),
  );
  expect(targets).toContain('./dist/index.js');
  for (const target of targets) {
    expect((await stat(join(project.library, target))).size, target).toBeGreaterThan(0);
  }
});

const ENTRIES = ['holdfast', 'holdfast/server', 'holdfast/testing'];
const NODES = [
  { version: '22.19', path: resolve('node_modules/node22/bin/node') },
  { version: '24', path: resolve('node_modules/node/bin/node') },
  { version: '26', path: resolve('node_modules/node26/bin/node') },
] as const;

describe.each(NODES)('on Node $version', ({ version, path: node }) => {
  it('is this version', async () => {
    const text = 'console.log(JSON.stringify(process.versions.node));';
    expect(`${await project.run('version.mjs', text, { node })}`).toMatch(new RegExp(`^${version}\\.`));
  });

  it.each(ENTRIES)('%s can be imported and required, with the same exports', async (name) => {
    const entry = name.replace('/', '-');
    const imported = await project.run(
      `${entry}.mjs`,
      `import * as all from '${name}'; console.log(JSON.stringify(Object.keys(all).sort()));`,
      { node },
    );
    const required = await project.run(
      `${entry}.cjs`,
      `console.log(JSON.stringify(Object.keys(require('${name}')).sort()));`,
      { node },
    );
    expect(imported).not.toEqual([]);
    expect(required).toEqual(imported);
  });

  const smoke = async (name: string) => {
    const text = await readFile(new URL('smoke.ts', import.meta.url), 'utf8');
    return await project.run('smoke.ts', text, { node, args: [name] });
  };

  it('ClusterClient creates, deletes and audits groups, with a journal in a file', async () => {
    const done = { created: 3, deleted: true, present: ['a', 'c'], leftOpen: 0 };
    expect(await smoke('ClusterClient')).toEqual(done);
  });

  it('ConfigAction asks the pods of a Kubernetes service', async () => {
    const pods = ['web-0', 'web-1'];
    const answers = [{ text: 'well', count: 2, pods }];
    expect(await smoke('ConfigAction')).toMatchObject({ planned: pods, succeeded: 2, answers });
  });

  it('FileDropScheduler has a file sent by a Job', async () => {
    const done = { scheduled: 1, ended: 1, failed: 0, received: ['the bytes'], deleted: 1 };
    expect(await smoke('FileDropScheduler')).toEqual(done);
  });

  it('SyncratorClient follows a job of syncratorApp, which keeps it in SQLite', async () => {
    expect(await smoke('SyncratorClient')).toEqual({ dryRun: true, status: 'completed', ids: [1] });
  });
});

it('is tested on the oldest Node that it takes', () => {
  expect(project.manifest.engines.node).toBe(`>=${NODES[0].version}`);
});

describe.each(['nodenext', 'bundler'] as const)('types, resolved as %s does', (resolution) => {
  it('need neither skipLibCheck nor msw, and are not any', async () => {
    const lines = ENTRIES.flatMap((name, index) => [
      `import * as all${index} from '${name}';`,
      '// @ts-expect-error There is no such export.',
      `import { thisIsNotThere as none${index} } from '${name}';`,
      `export const used${index} = [Object.keys(all${index}), none${index}];`,
    ]);
    const text = lines.join('\n');
    expect(await project.compile({ [`entries-${resolution}.ts`]: text }, { resolution })).toBe('');
  });
});

it('has the types that the type tests ask for', async () => {
  for (const name of ['vitest', 'msw']) await project.link(name);
  const folder = new URL('../types/', import.meta.url);
  const files = await readdir(folder);
  const texts = await Promise.all(files.map((file) => readFile(new URL(file, folder), 'utf8')));
  // What comes with vitest and msw is not this library's, so its types are not looked at.
  const flags = ['--skipLibCheck', '--allowImportingTsExtensions', '--noUncheckedIndexedAccess'];
  const said = await project.compile(
    Object.fromEntries(files.map((file, index) => [file, texts[index] ?? ''])),
    {
      resolution: 'nodenext',
      flags: [...flags, '--lib', 'es2024,esnext.disposable,dom,dom.asynciterable'],
    },
  );
  expect(files).toContain('run.test-d.ts');
  expect(said).toBe('');
});

describe('by the judgement of others', () => {
  it('publint has nothing to say', async () => {
    const { messages } = await publint({ pkgDir: project.library, pack: false, strict: true });
    expect(messages).toEqual([]);
  });

  it('the types are right for whoever imports them', async () => {
    const data = createPackageFromTarballData(await readFile(project.tarball));
    const analysis = await checkPackage(data);
    // What `attw --profile esm-only` leaves out: who resolves as Node 10 did, and who requires.
    const left = ['node10', 'node16-cjs'];
    const problems = analysis.types === false ? ['no types'] : analysis.problems;
    expect(
      problems.filter((problem) => !left.includes(Reflect.get(Object(problem), 'resolutionKind'))),
    ).toEqual([]);
  });
});

describe('its size', () => {
  // Bytes of code and its comments, chunks included and dependencies not: to be raised knowingly.
  it.each([
    ['index', 500_000],
    ['server', 450_000],
    ['testing', 550_000],
  ])('of %s is within its limit', async (entry, limit) => {
    const size = await sizeWithChunks(join(project.library, `dist/${entry}.js`));
    expect(size).toBeLessThan(limit);
    expect(size).toBeGreaterThan(limit / 2);
  });

  it('of the tarball is within its limit', () => {
    expect(project.size).toBeLessThan(1_200_000);
  });
});

describe('the public surface', () => {
  const exportsOf = async (name: string) => {
    const text = `import * as all from '${name}'; console.log(JSON.stringify(Object.keys(all)));`;
    return await project.run('surface.mjs', text);
  };

  it('of holdfast', async () => {
    expect(await exportsOf('holdfast')).toMatchInlineSnapshot(`
      [
        "AuthenticationError",
        "ClosedError",
        "ClusterClient",
        "ConfigAction",
        "ConfigError",
        "ConnectionError",
        "FileDropScheduler",
        "FileStoreError",
        "HoldfastError",
        "HttpError",
        "InconsistentClusterError",
        "JobDeletedError",
        "JobFailedError",
        "KubernetesError",
        "NodeUnavailableError",
        "ProcessorError",
        "RolledBackError",
        "Run",
        "SyncratorClient",
        "TimeoutError",
        "UnexpectedAnswerError",
        "connectKubernetes",
        "diskStore",
        "dropFileId",
        "fileJournal",
        "kubernetesPods",
        "leaseLock",
        "loadConfig",
        "memoryJournal",
        "parseConfig",
        "positionOf",
        "processFile",
        "processTemplate",
        "processorExitCode",
        "processorOptions",
        "readParams",
        "shardOf",
        "staticPods",
      ]
    `);
  });

  it('of holdfast/server', async () => {
    expect(await exportsOf('holdfast/server')).toMatchInlineSnapshot(`
      [
        "JobStoreError",
        "SolrError",
        "configActionApp",
        "fileDropApp",
        "kubernetesRunner",
        "paramsFolder",
        "serve",
        "solrStandby",
        "sqliteJobStore",
        "syncratorApp",
      ]
    `);
  });

  it('of holdfast/testing', async () => {
    expect(await exportsOf('holdfast/testing')).toMatchInlineSnapshot(`
      [
        "FaultPlan",
        "SyncratorJobs",
        "describeSimulation",
        "fileStoreContract",
        "jobStoreContract",
        "journalContract",
        "lockContract",
        "simulate",
        "startGroupNodes",
        "startMiniKubernetes",
        "syncratorHandlers",
        "virtualClock",
      ]
    `);
  });
});

describe('its code', () => {
  let imports: string[];

  beforeAll(async () => {
    const files = project.files.filter((path) => /\.(js|d\.ts)$/.test(path));
    const texts = await Promise.all(files.map((path) => readFile(join(project.library, path), 'utf8')));
    imports = texts.flatMap((text) =>
      preProcessFile(text, true, true).importedFiles.map((file) => file.fileName),
    );
  });

  it('imports Node and its dependencies, and no package of development', () => {
    const foreign = imports.filter((name) => !name.startsWith('node:') && !name.startsWith('./'));
    expect(foreign).toContain('ofetch');
    const { dependencies, peerDependencies } = project.manifest;
    expect(Object.keys({ ...dependencies, ...peerDependencies })).toEqual(
      expect.arrayContaining(foreign.map(packageOf)),
    );
  });

  it('has no package built into it', async () => {
    const maps = project.files.filter((path) => path.endsWith('.map'));
    const texts = await Promise.all(maps.map((path) => readFile(join(project.library, path), 'utf8')));
    const sources = texts.flatMap((text) => (JSON.parse(text) as { sources: string[] }).sources);
    expect(sources).toContain('../src/cluster/cluster-client.ts');
    expect(sources.filter((source) => source.includes('node_modules'))).toEqual([]);
  });

  it('brings its sources in its maps, which point outside of the package', async () => {
    const maps = project.files.filter((path) => path.endsWith('.map'));
    const texts = await Promise.all(maps.map((path) => readFile(join(project.library, path), 'utf8')));
    for (const { sources, sourcesContent } of texts.map((text) => JSON.parse(text) as SourceMap)) {
      expect(sourcesContent).toHaveLength(sources.length);
      expect(sourcesContent.filter((content) => typeof content !== 'string')).toEqual([]);
    }
  });

  it('asks for SQLite by the only name Node has for it', () => {
    expect(imports).toContain('node:sqlite');
    expect(imports).not.toContain('sqlite');
  });
});

interface SourceMap {
  readonly sources: readonly string[];
  readonly sourcesContent: readonly unknown[];
}

/** `@scope/name/part` is of the package `@scope/name`. */
const packageOf = (name: string) =>
  name
    .split('/')
    .slice(0, name.startsWith('@') ? 2 : 1)
    .join('/');

async function sizeWithChunks(entry: string): Promise<number> {
  const sizes = new Map<string, number>();
  const add = async (path: string): Promise<void> => {
    if (sizes.has(path)) return;
    const text = await readFile(path, 'utf8');
    sizes.set(path, Buffer.byteLength(text));
    const { importedFiles } = preProcessFile(text, true, true);
    const chunks = importedFiles.filter(({ fileName }) => fileName.startsWith('./'));
    for (const { fileName } of chunks) await add(join(path, '..', fileName));
  };
  await add(entry);
  return [...sizes.values()].reduce((sum, size) => sum + size, 0);
}
