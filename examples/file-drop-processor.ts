/**
 * What runs in the container of each Job that a `FileDropScheduler` makes: sends one file to the API.
 *
 *   npm run example -- file-drop-processor
 *   TARGET=http://… FILENAME=a.pdf API_URL=http://… API_TOKEN=… npm run example -- file-drop-processor --output /tmp
 */
import { type Environment, readArguments, refusePositionals } from './support/arguments.ts';
import { runProcessor } from './support/run-processor.ts';
import { runScript } from './support/run-script.ts';
import { openSampleFile } from './support/sample-file.ts';

const HELP = `Usage: npm run example -- file-drop-processor [OPTIONS]

Downloads a file, sends it to the API as the field "file" of a multipart form and writes the
answer to a folder. A FileDropScheduler gives its Jobs the environment for it; without all
of that, and outside of Kubernetes, a file and a stand-in of the API are in this process.

Options
  --output FOLDER      where the answer is written, under the file's name             [/output]
  --help, -h           this text

Environment
  TARGET, FILENAME     where the file's bytes are, and its name; or, in an Indexed Job,
  DROP, JOB_COMPLETION_INDEX      where the file of an index is told
  API_URL, API_TOKEN   the API; the token is sent as Authorization, word for word  [no token]

The exit code is 0 when the answer is written; 2: the environment is wrong, 3: the file could not
be had, 4: the API did not take it, 5: its answer is no result, 6: it could not be written;
130 after Ctrl-C, else 1.`;

/** In a pod that would be a mistake, and one to be told. */
const saysNothing = (env: Environment) =>
  !['TARGET', 'FILENAME', 'DROP', 'API_URL', 'API_TOKEN', 'KUBERNETES_SERVICE_HOST'].some(
    (name) => env[name] !== undefined,
  );

await runScript(async (signal) => {
  const { help, positionals, options } = readArguments(['output'] as const);
  if (help) {
    console.log(HELP);
    return true;
  }
  refusePositionals(positionals);
  await using sample = saysNothing(process.env) ? await openSampleFile() : undefined;
  const outputDirectory = options.get('output') ?? sample?.outputDirectory;
  return await runProcessor(sample?.env ?? process.env, {
    signal,
    log: console.log,
    ...(outputDirectory !== undefined && { outputDirectory }),
  });
});
