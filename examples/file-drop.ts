/**
 * Turns every file of a folder, or every file dropped on a page, into a Kubernetes Job that sends it to an API.
 *
 *   npm run example -- file-drop docs
 *   npm run example -- file-drop --serve
 */
import { runFileDrop } from './support/run-file-drop.ts';
import { runScript } from './support/run-script.ts';

await runScript((signal) => runFileDrop(process.argv.slice(2), process.env, signal));
