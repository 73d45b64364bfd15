import { ConfigAction, loadConfig, type PlannedCall, type RequesterConfig } from 'holdfast';
import { type Environment, oneOf, UsageError } from './arguments.ts';
import { type BatchSettings, HELP, readBatchSettings } from './config-action-batch-settings.ts';
import { openPods } from './open-pods.ts';
import { podRecap } from './pod-recap.ts';
import { progressBar } from './progress-bar.ts';
import { printTable } from './table.ts';

/** The whole program. Resolves with whether every call came out well. */
export async function runBatch(
  args: readonly string[],
  env: Environment,
  signal: AbortSignal,
): Promise<boolean> {
  const settings = readBatchSettings(args, env);
  if (settings === undefined) {
    console.log(HELP);
    return true;
  }
  const action = actionOf(await loadConfig(settings.config), settings);
  await using pods = await openPods(settings);
  const plan = await action.plan(pods, { shard: settings.shard, signal });
  if (settings.dryRun) {
    printPlan(plan);
    return true;
  }
  return await run(action, pods, plan.length, settings, signal);
}

async function run(
  action: ConfigAction,
  pods: Awaited<ReturnType<typeof openPods>>,
  total: number,
  { concurrency, failAbove, shard, via }: BatchSettings,
  signal: AbortSignal,
): Promise<boolean> {
  const bar = progressBar(action.name, total);
  const recap = podRecap();
  const run = action.run(pods, { concurrency, failAbove, shard, via, signal, onProgress: bar.show });
  try {
    for await (const result of run) recap.add(result);
  } finally {
    bar.end();
  }
  const summary = await run;
  const notMade = total - summary.done - summary.failed;
  if (notMade > 0 && failAbove !== undefined && !signal.aborted)
    console.error(`stopped: more than ${failAbove} failed (--fail-above)`);
  recap.print();
  for (const { pod, reason } of summary.leftOut.slice(0, 10)) console.error(`${pod} was left out: ${reason}`);
  const { p50, p90, p99, max } = summary.latency;
  printTable([
    ['succeeded', summary.succeeded],
    ['failed', summary.failed],
    ['not made', notMade],
    ['latency (ms)', `p50 ${round(p50)}, p90 ${round(p90)}, p99 ${round(p99)}, max ${round(max)}`],
    ['time (s)', Number((summary.durationMs / 1000).toFixed(2))],
  ]);
  for (const { status, text, count } of summary.answers.slice(0, 5)) {
    console.log(`${count} answered ${status} ${shorten(text)}`);
  }
  return summary.done === total;
}

function actionOf(config: RequesterConfig, { action }: BatchSettings): ConfigAction {
  const [first] = config.actions.keys();
  if (first === undefined) throw new UsageError('the config has no action');
  const name = oneOf('action', action ?? first, [...config.actions.keys()]);
  return ConfigAction.from(name, config);
}

function printPlan(plan: readonly PlannedCall[]): void {
  printTable([
    ['pod', 'target', 'request', 'method', 'url', 'params'],
    ...plan.map(({ pod, target, request, method, url, params }) => {
      return [pod, target, request, method, url, paramsText(params)];
    }),
  ]);
  console.log(`${plan.length} calls, none of them made`);
}

const round = (milliseconds: number) => Number(milliseconds.toFixed(1));

/** A GET's query, a POST's body: the url is shown without them. */
function paramsText(params: unknown): string {
  const text = JSON.stringify(params);
  return text === '{}' ? '' : cut(text);
}

const shorten = (text: string) => JSON.stringify(cut(text));

const cut = (text: string) => (text.length > 100 ? `${text.slice(0, 100)}…` : text);
