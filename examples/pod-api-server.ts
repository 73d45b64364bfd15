/**
 * Lets others call pods over HTTP, by the names of a config.
 *
 *   npm run example -- pod-api-server
 */
import { once } from 'node:events';
import { loadConfig } from 'holdfast';
import { configActionApp, serve } from 'holdfast/server';
import { UsageError } from './support/arguments.ts';
import { openPods } from './support/open-pods.ts';
import { HELP, readServerSettings } from './support/pod-api-server-settings.ts';
import { runScript } from './support/run-script.ts';

await runScript(async (signal) => {
  const settings = readServerSettings(process.argv.slice(2), process.env);
  if (settings === undefined) {
    console.log(HELP);
    return true;
  }
  const { port, hostname, allowHosts, token } = settings;
  const config = await loadConfig(settings.config);
  await using pods = await openPods(settings);
  const app = configActionApp({ config, pods, allowHosts, token });
  await using server = await serve(app, { port, hostname, grace: 5_000 }).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.syscall !== 'listen') throw error;
      throw new UsageError(`cannot listen on --port ${port} (${error.code}); choose another`);
    },
  );
  console.log(server.url);
  const [target] = config.targets.keys();
  const [endpoint] = config.endpoints.keys();
  if (target !== undefined && endpoint !== undefined) {
    const body = { target: { kind: 'name', value: target }, endpoint: { kind: 'name', value: endpoint } };
    const bearer = token === undefined ? '' : ' --oauth2-bearer "$POD_API_TOKEN"';
    console.error(`until Ctrl-C; try: curl${bearer} ${server.url}/process --json '${JSON.stringify(body)}'`);
  }
  if (!signal.aborted) await once(signal, 'abort');
  return true;
});
