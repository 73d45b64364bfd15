/**
 * Starts synchronisation jobs, follows, lists and deletes them, and serves the API that does so.
 *
 *   npm run example -- syncrator start sync avo qas
 */
import { runScript } from './support/run-script.ts';
import { runSyncrator } from './support/run-syncrator.ts';

await runScript((signal) => runSyncrator(process.argv.slice(2), process.env, signal));
