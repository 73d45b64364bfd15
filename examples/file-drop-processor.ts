/**
 * What runs in the container of each Job that a `FileDropScheduler` makes: sends one file to the API.
 *
 *   TARGET=http://… FILENAME=a.pdf API_URL=http://… API_TOKEN=… npx tsx examples/file-drop-processor.ts --output /tmp
 */
import { readArguments } from './support/arguments.ts';
import { runProcessor } from './support/run-processor.ts';
import { runScript } from './support/run-script.ts';

const HELP = `Usage: file-drop-processor.ts [--output FOLDER]

Downloads a file, sends it to the API as the field "file" of a multipart form and writes the
answer to FOLDER [/output]. A FileDropScheduler gives its Jobs the environment for it.

Environment
  TARGET, FILENAME     where the file's bytes are, and its name; or, in an Indexed Job,
  DROP, JOB_COMPLETION_INDEX      where the file of an index is told
  API_URL, API_TOKEN   the API; the token is sent as Authorization, word for word  [no token]

The exit code is 0 when the answer is written; 2: the environment is wrong, 3: the file could not
be had, 4: the API did not take it, 5: its answer is no result, 6: it could not be written; else 1.`;

await runScript(async (signal) => {
  const { help, options } = readArguments(['output'] as const);
  if (help) {
    console.log(HELP);
    return true;
  }
  const outputDirectory = options.get('output');
  return runProcessor(process.env, {
    signal,
    log: console.log,
    ...(outputDirectory !== undefined && { outputDirectory }),
  });
});
