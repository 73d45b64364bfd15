import { expect, it } from 'vitest';
import { lint } from './biome.ts';

/** What each rule of the house must catch, by the rule's name in Biome. */
const offences: Readonly<Record<string, string>> = {
  noFloatingPromises: "import { later } from './later.ts';\n\nexport const start = () => {\n  later();\n};",
  noMisusedPromises: "import { later } from './later.ts';\n\n[1].forEach(async () => await later());",
  noUnusedVariables: 'function helper() {}\n',
  noUnusedImports: "import { later } from './later.ts';",
  noUnusedFunctionParameters: 'export const f = (x: number) => 1;',
  noUnusedPrivateClassMembers: 'export class A {\n  #x = 1;\n}',
  noEmptyBlockStatements: 'export const f = () => {\n  try {\n    return 1;\n  } catch {}\n};',
  noExplicitAny: 'export const f = (x: any) => x;',
  noNonNullAssertion: 'export const f = (x?: number) => x!;',
  noEnum: 'export enum E {\n  a,\n}',
  noParameterProperties: 'export class A {\n  constructor(readonly x: number) {}\n}',
  noDefaultExport: 'export default 1;',
  noBarrelFile: "export { later } from './later.ts';",
  noConsole: "console.log('x');",
  noImportCycles: "import { later } from './cycle.ts';\n\nexport const x = later;",
  noExcessiveLinesPerFile: 'export const x = 1;\n'.repeat(401),
  useImportType: "import { Later } from './later.ts';\n\nexport type X = Later;",
  useImportExtensions: "import { later } from './later';\n\nexport const x = later;",
  useNodejsImportProtocol: "import { join } from 'path';\n\nexport const x = join;",
};

it('every rule of the house catches its offence', async () => {
  const file = (rule: string) => `src/core/${rule}.ts`;
  const found = await lint({
    ...Object.fromEntries(Object.entries(offences).map(([rule, text]) => [file(rule), text])),
    'src/core/later.ts': 'export type Later = number;\nexport const later = async () => 1;',
    'src/core/cycle.ts': "import { x } from './noImportCycles.ts';\n\nexport const later = x;",
  });
  const missed = Object.keys(offences).filter((rule) => !found.get(file(rule))?.includes(rule));
  expect(missed).toEqual([]);
  expect(found.has('src/core/later.ts')).toBe(false);
});
