// msw is an optional peer of holdfast/testing. Who does not have it shall need no skipLibCheck, so the built types say that
// they can do without it: what is of msw is `any` there. To be run after tsup; the compiler has no word for this in source.
import { readFileSync, writeFileSync } from 'node:fs';

const path = 'dist/testing.d.ts';
const text = readFileSync(path, 'utf8');
const parts = text.split(/^(?=import [^\n]* from 'msw';$)/m);

if (parts.length !== 2) {
  throw new Error(
    `${path} was expected to import msw once and does so ${parts.length - 1} times; adapt .ci/optional-types.js`,
  );
}
writeFileSync(path, parts.join('// @ts-ignore: msw is an optional peer\n'));
