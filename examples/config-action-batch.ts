/**
 * Makes every request of an action to every pod that it selects.
 *
 *   npm run example -- config-action-batch --dry-run
 */
import { runBatch } from './support/run-batch.ts';
import { runScript } from './support/run-script.ts';

await runScript((signal) => runBatch(process.argv.slice(2), process.env, signal));
