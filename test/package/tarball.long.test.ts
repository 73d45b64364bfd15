import { readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
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
  const known = /^(dist\/[^/]+\.(js|d\.ts|js\.map)|docs\/[^/]+\.md)$/;
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

describe.each(['holdfast', 'holdfast/server', 'holdfast/testing'])('%s', (name) => {
  const entry = name.replace('/', '-');

  it('can be imported and required, with the same exports', async () => {
    const imported = await project.run(
      `${entry}.mjs`,
      `import * as all from '${name}'; console.log(JSON.stringify(Object.keys(all).sort()));`,
    );
    const required = await project.run(
      `${entry}.cjs`,
      `console.log(JSON.stringify(Object.keys(require('${name}')).sort()));`,
    );
    expect(imported).not.toEqual([]);
    expect(required).toEqual(imported);
  });

  it('has types for a strict project', async () => {
    const use = `import * as all from '${name}';\nexport const names: string[] = Object.keys(all);\n`;
    expect(await project.compile(`${entry}.mts`, use)).toBe('');
    const misuse = `import { thisIsNotThere } from '${name}';\nexport const x = thisIsNotThere;\n`;
    expect(await project.compile(`${entry}-misused.mts`, misuse)).toContain('TS2305');
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
        "kubernetesPods",
        "loadConfig",
        "memoryJournal",
        "parseConfig",
        "positionOf",
        "processFile",
        "processTemplate",
        "processorExitCode",
        "processorOptions",
        "readParams",
        "staticPods",
      ]
    `);
  });

  it('of holdfast/server', async () => {
    expect(await exportsOf('holdfast/server')).toMatchInlineSnapshot(`
      [
        "configActionApp",
        "serve",
      ]
    `);
  });

  it('of holdfast/testing', async () => {
    expect(await exportsOf('holdfast/testing')).toMatchInlineSnapshot(`
      [
        "FaultPlan",
        "SyncratorJobs",
        "fileStoreContract",
        "startGroupNodes",
        "startMiniKubernetes",
        "syncratorHandlers",
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

  it('asks for SQLite by the only name Node has for it', () => {
    expect(imports).toContain('node:sqlite');
    expect(imports).not.toContain('sqlite');
  });
});

/** `@scope/name/part` is of the package `@scope/name`. */
const packageOf = (name: string) =>
  name
    .split('/')
    .slice(0, name.startsWith('@') ? 2 : 1)
    .join('/');
