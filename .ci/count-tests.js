// Sums vitest's JSON reports and prints `N passed, N failed` as the last line.
//
//   node .ci/count-tests.js REPORT=STATUS…
//
// STATUS is the exit status of the run that wrote the report. Exits 1 when a test failed, was skipped or left to do,
// when there was none, when a run failed without saying where, and when a test file stands in no report.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { relative, sep } from 'node:path';

const problems = [];
const ran = new Set();
let passed = 0;
let failed = 0;
let notRun = 0;

for (const argument of process.argv.slice(2)) {
  const [report, status] = argument.split('=');
  const before = { files: ran.size, failed };
  if (existsSync(report)) count(JSON.parse(readFileSync(report, 'utf8')));
  else problems.push(`${report} was not written`);
  if (ran.size === before.files) problems.push(`no test ran for ${report}`);
  // Vitest reports an error outside any test by its exit status alone.
  else if (status !== '0' && failed === before.failed) {
    failed += 1;
    problems.push(`the run of ${report} exited ${status} with no test to blame, which counts as one failed`);
  }
}
const forgotten = ran.size > 0 ? testFiles().filter((file) => !ran.has(file)) : [];
problems.push(...forgotten.map((file) => `${file} did not run`));
if (notRun > 0) problems.push(`${notRun} skipped or to do; every test must run`);
if (passed + failed === 0 && problems.length === 0) problems.push('no test ran');

process.stdout.write(['', ...problems, `${passed} passed, ${failed} failed`, ''].join('\n'));
if (failed > 0 || problems.length > 0) process.exitCode = 1;

function count({ testResults }) {
  for (const { name, status, message, assertionResults } of testResults) {
    const file = relative(process.cwd(), name).split(sep).join('/');
    ran.add(file);
    const failures = assertionResults.filter((test) => test.status === 'failed').length;
    const passes = assertionResults.filter((test) => test.status === 'passed').length;
    passed += passes;
    failed += failures;
    notRun += assertionResults.length - passes - failures;
    // A file that cannot be loaded, or whose hook throws, has no failed test of its own.
    if (status === 'failed' && failures === 0) {
      failed += 1;
      problems.push(`${file} counts as one failed: ${message}`);
    }
  }
}

function testFiles() {
  return readdirSync('test', { recursive: true })
    .map((path) => `test/${path.split(sep).join('/')}`)
    .filter((path) => path.endsWith('.test.ts'))
    .sort();
}
