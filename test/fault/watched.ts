import type { FaultPlan } from '../../src/testing/fault-plan.ts';
import type { FaultKind, FaultRequest } from '../../src/testing/fault-schema.ts';
import type { GroupNodes } from '../../src/testing/group-nodes.ts';

/** A request as it reached a node, in the order of arrival, and what it met there. */
export interface Arrival extends FaultRequest {
  readonly fault: FaultKind | undefined;
}

/** The same plan; `onArrival` hears of every request right before it is carried out. */
export function watchedPlan(plan: FaultPlan, onArrival: (arrival: Arrival) => void): FaultPlan {
  return Object.create(plan, {
    next: {
      value: (request: FaultRequest) => {
        const fault = plan.next(request);
        onArrival({ ...request, fault: fault?.kind });
        return fault;
      },
    },
  });
}

/** A request as it leaves the client. */
export interface Sent {
  readonly method: string;
  readonly node: string;
  readonly groupId: string;
}

export interface FetchHooks {
  /** Runs, and is awaited, right before a request leaves. */
  readonly before?: (sent: Sent) => void | Promise<void>;
  /** The request is over: answered, failed or cut. */
  readonly after?: (sent: Sent) => void;
}

/** The platform's fetch, watched. `urls` are those of the nodes. */
export function watchedFetch(urls: GroupNodes['urls'], { before, after }: FetchHooks): typeof fetch {
  return async (input, init) => {
    const sent = readSent(urls, String(input), init);
    // Nothing is awaited where nothing is to be waited for: a request leaves in the turn it was sent in.
    const wait = before?.(sent);
    if (wait !== undefined) await wait;
    try {
      return await fetch(input, init);
    } finally {
      after?.(sent);
    }
  };
}

function readSent(urls: GroupNodes['urls'], url: string, init: RequestInit | undefined): Sent {
  const method = init?.method ?? 'GET';
  const byUrl = Object.keys(urls).find((name) => url.startsWith(`${urls[name]}/`));
  const node = new Headers(init?.headers).get('node') ?? byUrl ?? url;
  if (method === 'GET') {
    return { method, node, groupId: decodeURIComponent(new URL(url).pathname.split('/')[3] ?? '') };
  }
  const body = init?.body instanceof Uint8Array ? new TextDecoder().decode(init.body) : '{}';
  const { groupId }: { groupId: string } = JSON.parse(body);
  return { method, node, groupId };
}
