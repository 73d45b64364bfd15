import { ClusterClient } from '../../src/cluster/cluster-client.ts';
import type { JournalEntry, OpenEntry } from '../../src/cluster/journal.ts';
import { memoryJournal } from '../../src/cluster/memory-journal.ts';
import type { ClusterClientOptions } from '../../src/cluster/options.ts';
import { virtualClock } from '../../src/testing/virtual-clock.ts';

/** A request that reached a node. */
export interface Arrival {
  readonly node: string;
  readonly method: string;
  /** Virtual milliseconds. */
  readonly at: number;
  readonly signal: AbortSignal;
}

export interface MemoryCluster {
  /** Whether each node has the group `g` at first. @default neither */
  readonly has?: Partial<Record<'one' | 'two', boolean>>;
  /** Answers in the place of the node. `undefined`: the node itself does. */
  readonly answer?: (arrival: Arrival) => Response | Promise<Response> | undefined;
  readonly options?: ClusterClientOptions;
}

const NODES = { one: 'http://one.test', two: 'http://two.test' };
export const broken = () => Response.json({ error: 'broken' }, { status: 500 });
/** Never. */
export const silent = () => new Promise<Response>(() => undefined);

/** A client of two nodes of the path dialect that hold the group `g` or do not, all by one virtual clock. */
export function memoryCluster({ has = {}, answer, options }: MemoryCluster = {}) {
  const clock = virtualClock();
  const held = { one: has.one === true, two: has.two === true };
  const arrivals: Arrival[] = [];
  const fetch = async (input: URL | RequestInfo, init?: RequestInit): Promise<Response> => {
    const node = new URL(String(input)).hostname.replace('.test', '') as 'one' | 'two';
    const signal = init?.signal as AbortSignal;
    const arrival = { node, method: init?.method ?? '', at: clock.monotonic(), signal };
    arrivals.push(arrival);
    return (await answer?.(arrival)) ?? fulfil(arrival.method, node);
  };
  const fulfil = (method: string, node: 'one' | 'two') => {
    if (method === 'POST') {
      held[node] = true;
      return new Response(null, { status: 201 });
    }
    const had = held[node];
    if (method === 'DELETE') held[node] = false;
    if (!had) return Response.json({ error: 'Group not found' }, { status: 404 });
    return method === 'GET' ? Response.json({ groupId: 'g' }) : new Response(null);
  };
  const quick = { attempts: 2, baseDelay: 10, jitter: 'none' } as const;
  const connect = (more?: ClusterClientOptions) =>
    new ClusterClient(NODES, { clock, fetch, retry: quick, rollbackRetry: quick, ...options, ...more });
  /** What a promise rejects with, in as much time as that takes. */
  const failure = (work: Promise<unknown>): Promise<Error> =>
    clock.run(
      work.then(
        () => Promise.reject(new Error('it resolved')),
        (error: unknown) => error as Error,
      ),
    );
  const sent = () => arrivals.map(({ method, node }) => `${method} ${node}`);
  return { clock, held, arrivals, sent, client: connect(), connect, failure };
}

/** A create that was to write both nodes. */
export const entryOf = (change: Partial<JournalEntry> = {}): JournalEntry => ({
  ...{ groupId: 'g', operationId: '1700000000.000001', operation: 'create', dialect: 'path', startedAt: 1 },
  nodes: Object.entries(NODES).map(([name, url]) => ({ name, url, before: 'absent', write: true })),
  ...change,
});

/** A journal in which one operation is open in a state of its own, until another is begun. */
export async function journalWith(entry: JournalEntry, how: Partial<OpenEntry> & Pick<OpenEntry, 'state'>) {
  const inner = memoryJournal();
  await inner.begin(entry);
  let isFirst = true;
  const asFound = (open: OpenEntry): OpenEntry => (isFirst ? { ...open, ...how } : open);
  return {
    ...inner,
    begin: async (next: JournalEntry) => {
      isFirst = false;
      await inner.begin(next);
    },
    openEntry: async (groupId: string) => {
      const open = await inner.openEntry(groupId);
      return open === undefined ? undefined : asFound(open);
    },
    openEntries: async function* () {
      for await (const open of inner.openEntries()) yield asFound(open);
    },
  };
}
