import { onAbort } from '../core/abort.ts';
import { ConfigError } from '../core/errors.ts';
import type { Outlet } from '../core/handoff.ts';
import { safeLogger } from '../core/observe.ts';
import { Run } from '../core/run.ts';
import { RunEngine } from '../core/run-engine.ts';
import type { RunOptions } from '../core/run-options.ts';
import { type RunSettings, runSettings } from '../core/run-settings.ts';
import type { RunSummary } from '../core/run-task.ts';
import { openTransport, type Transport } from '../http/transport.ts';
import { type ActionOptions, type ActionRunSettings, parseActionOptions } from './action-options.ts';
import { type ActionSummary, ActionTally, gradeOf } from './action-summary.ts';
import { type Call, type CallResult, plannedCall } from './call.ts';
import { checkPods } from './check-pods.ts';
import { inOrder, type Placed } from './in-order.ts';
import { LaneSource } from './lane-source.ts';
import { type OpenedPlan, openPlan } from './open-plan.ts';
import { charactersOf } from './pages.ts';
import { callPerformer } from './perform-call.ts';
import type { PodSource } from './pod-source.ts';
import type { ActionSettings } from './requester-config.ts';
import { type Send, sendByProxy, sendDirectly } from './send-call.ts';

/** @see ConfigAction.run */
export function runAction(
  action: ActionSettings,
  pods: PodSource,
  options?: ActionOptions,
): Run<CallResult, ActionSummary> {
  checkPods(pods);
  const settings = parseActionOptions(options, action.order === 'random');
  const runs = runSettings(options as RunOptions | undefined, 1);
  if (settings.via === 'api-proxy') checkProxied(action, pods);
  return new Run(async (outlet) => {
    const stop = new AbortController();
    const plan = openPlan(action, pods, { ...settings, signal: stop.signal });
    const transport = openTransport({
      transport: settings.transport,
      clock: settings.clock,
      logger: settings.logger,
      maxBodyBytes: settings.maxBodyBytes,
      ...(settings.fetch === undefined ? {} : { fetch: settings.fetch }),
    });
    try {
      if (needsTotal(settings, runs)) await loadAll(plan, stop, runs.signal);
      return await work(action, {
        settings,
        runs,
        plan,
        stop,
        outlet,
        send: senderOf(settings, pods, transport),
      });
    } finally {
      await plan.close();
      await transport.close();
    }
  });
}

interface Work {
  readonly settings: ActionRunSettings;
  readonly runs: RunSettings;
  readonly plan: OpenedPlan;
  readonly stop: AbortController;
  readonly outlet: Outlet<CallResult>;
  readonly send: Send;
}

async function work(
  action: ActionSettings,
  { settings, runs, plan, stop, outlet, send }: Work,
): Promise<ActionSummary> {
  const { clock, delayBetweenRequests: delay } = settings;
  const logger = safeLogger(settings.logger);
  const source = new LaneSource(plan, { concurrency: runs.concurrency, delay, clock, stop });
  const perform = callPerformer(action.name, send, settings);
  const tally = new ActionTally();
  const ordered = inOrder(outlet, sizeOf);
  const engine = new RunEngine<Call, Placed<CallResult>, RunSummary<Call>>(
    {
      name: 'action',
      options: undefined,
      defaultConcurrency: 1,
      clock,
      work: (call) =>
        perform(call).then((result) => {
          if (result.status !== 'skipped') tally.add(result);
          if (result.error !== undefined) {
            logger.warn(`${result.call.request} to ${result.call.pod} failed`, { error: result.error });
          }
          source.ended(call);
          return { position: call.position, item: result };
        }),
      skip: (call) => ({
        position: call.position,
        item: { call: plannedCall(call), status: 'skipped', attempts: 0, durationMs: 0 },
      }),
      grade: ({ item }) => gradeOf(item),
      summarize: (base) => base,
    },
    runs,
    source,
    ordered,
  );
  const base = await engine.run();
  // The engine does not wait for what was only kept until its turn came.
  await ordered.drained();
  if (plan.leftOut.length > 0) {
    logger.warn(`${plan.leftOut.length} selected pods were left out`, { pods: plan.leftOut.slice(0, 100) });
  }
  return tally.summary(base, plan);
}

function senderOf(settings: ActionRunSettings, pods: PodSource, transport: Transport): Send {
  if (settings.via === 'pod-ip' || pods.proxy === undefined) return sendDirectly(transport);
  return sendByProxy(pods.proxy, settings.maxBodyBytes);
}

/** @throws {ConfigError} for what cannot go through the API server */
function checkProxied({ requests }: ActionSettings, pods: PodSource): void {
  if (pods.proxy === undefined) {
    const message = "'api-proxy' needs pods of a cluster: pass kubernetesPods(…), or leave it out";
    throw new ConfigError([{ path: 'options.via', message }]);
  }
  const issues = requests.flatMap(({ name, endpoint }) => {
    const issue = (message: string) => ({
      path: 'options.via',
      message: `'api-proxy' ${message} (request ${name})`,
    });
    const hasOwn = Object.keys(endpoint.headers).some((header) => /^(?:proxy-)?authorization$/i.test(header));
    const { username, password } = new URL(endpoint.template.render('192.0.2.1', 80));
    return [
      ...(endpoint.template.hostIsNode ? [] : [issue('needs urls whose host is {node}')]),
      ...(hasOwn || username !== '' || password !== ''
        ? [issue('cannot carry an authorization of your own, for the API server takes it off')]
        : []),
    ];
  });
  if (issues.length > 0) throw new ConfigError(issues);
}

/** A share is one of a whole, and what is skipped can only be told of pods that are known. */
const needsTotal = ({ batches }: ActionRunSettings, { failAbove }: RunSettings): boolean =>
  failAbove !== undefined || batches.some((batch) => typeof batch === 'string');

/** Where the caller stops it meanwhile the run ends by itself, with nothing done. */
async function loadAll(
  plan: OpenedPlan,
  stop: AbortController,
  signal: AbortSignal | undefined,
): Promise<void> {
  const off = onAbort(signal, (reason) => stop.abort(reason));
  try {
    await plan.load();
  } catch (error) {
    if (signal?.aborted !== true || error !== signal.reason) throw error;
  } finally {
    off();
  }
}

const sizeOf = ({ response }: CallResult): number => {
  if (response === undefined) return 0;
  return 'text' in response ? response.text.length : charactersOf(response);
};
