// The scripts run on the `node` package that npm ci installs; without it (npm ci --ignore-scripts) on the machine's own
// Node, which may be too old, and would then fail in ways that do not tell.
import { readFileSync } from 'node:fs';

const { engines } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
const needed = engines.node.replace('>=', '');
const [major, minor] = needed.split('.').map(Number);
const [ownMajor, ownMinor] = process.versions.node.split('.').map(Number);

if (ownMajor < major || (ownMajor === major && ownMinor < minor)) {
  process.stderr.write(
    `Node ${needed} or newer is needed; this is ${process.version} at ${process.execPath}.\n` +
      'Run `npm ci` with install scripts allowed (or `npm rebuild node`): it brings a fitting Node for these scripts.\n',
  );
  process.exitCode = 1;
} else if (/[\\/]node_modules[\\/]node\d+[\\/]/.test(process.execPath)) {
  // npm links the program of what it installs last; in a clean install that is the right one.
  process.stderr.write(
    `This is ${process.version} at ${process.execPath}, which is there for tests of the package only.\n` +
      'Run `npm rebuild node`: it makes the scripts run on their own Node again.\n',
  );
  process.exitCode = 1;
}
