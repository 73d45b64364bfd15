/**
 * Turns every file of a folder, or every file dropped on a page, into a Kubernetes Job that sends it to an API.
 *
 *   npx tsx examples/file-drop.ts docs
 *   npx tsx examples/file-drop.ts --serve --port 5000
 */
import { runFileDrop } from './support/run-file-drop.ts';
import { runScript } from './support/run-script.ts';

await runScript((signal) => runFileDrop(process.argv.slice(2), process.env, signal));
