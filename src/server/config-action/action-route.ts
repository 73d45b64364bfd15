import type { ActionSummary } from '../../config-action/action-summary.ts';
import type { CallResult } from '../../config-action/call.ts';
import type { ConfigAction } from '../../config-action/config-action.ts';
import { HoldfastError } from '../../core/errors.ts';
import { DetailError } from '../detail.ts';
import type { AppSettings } from './options.ts';
import { named } from './references.ts';
import { actionLine, summaryAnswer } from './wire.ts';

/** `POST /action/{name}`. */
export interface ActionRoute {
  /** Runs the action and answers its summary. The run stops where the client leaves. */
  summary(name: string, request: Request): Promise<Response>;
  /** Answers one line of JSON for each result, as it comes; the run stops where the client leaves. */
  stream(name: string, request: Request): Promise<Response>;
}

export function openActionRoute(settings: AppSettings): ActionRoute {
  const { config, pods, calls, actionConcurrency: concurrency } = settings;
  let running = 0;

  const begin = (name: string, { signal }: Request) => {
    const action = named('action', config.actions, name);
    if (running >= settings.actions) {
      const detail = `${running} actions run already; try again later`;
      throw new DetailError(503, detail, { 'retry-after': '1' });
    }
    const run = action.run(pods, { ...calls, concurrency, signal });
    running += 1;
    let ended = false;
    const end = () => {
      if (!ended) running -= 1;
      ended = true;
    };
    return { action, run, end };
  };

  return {
    async summary(name, request) {
      const { action, run, end } = begin(name, request);
      const summary: ActionSummary = await run.finally(end);
      return Response.json(summaryAnswer(action.name, summary));
    },
    async stream(name, request) {
      const { action, run, end } = begin(name, request);
      const results = run[Symbol.asyncIterator]();
      // Before the first result everything can still be told by a status.
      const first = await results.next().catch((error: unknown) => {
        end();
        throw error;
      });
      const body = linesOf(action, first, results, settings, end);
      return new Response(body, { headers: { 'content-type': 'application/x-ndjson' } });
    },
  };
}

type Results = AsyncIterator<CallResult, undefined>;

/** A line is read no sooner than the client takes it. */
function linesOf(
  action: ConfigAction,
  first: IteratorResult<CallResult, undefined>,
  results: Results,
  { calls: { logger } }: AppSettings,
  end: () => void,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  const encode = (line: object) => encoder.encode(`${JSON.stringify(line)}\n`);
  let upcoming: IteratorResult<CallResult, undefined> | undefined = first;
  let left = false;

  const nextLine = async (): Promise<Uint8Array | undefined> => {
    try {
      const next = upcoming ?? (await results.next());
      upcoming = undefined;
      return next.done === true ? undefined : encode(actionLine(action, next.value));
    } catch (error) {
      // The status is sent already: the reason is in the last line.
      logger.error(`action ${action.name} ended early`, { error });
      return encode({ detail: error instanceof HoldfastError ? error.message : 'Internal Server Error' });
    }
  };

  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const line = await nextLine();
        if (left) return;
        if (line !== undefined) return controller.enqueue(line);
        end();
        controller.close();
      },
      async cancel() {
        left = true;
        try {
          await results.return?.();
        } finally {
          end();
        }
      },
    },
    { highWaterMark: 0 },
  );
}
