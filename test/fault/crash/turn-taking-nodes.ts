import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Nodes of the path dialect that tell their clients apart by the user in the url, and watch that they take turns. */
export interface TurnTakingNodes extends AsyncDisposable {
  /** As this client is to reach them. */
  urlsFor(client: string): Readonly<Record<string, string>>;
  /** Requests that came while another client was at the same group. */
  readonly broken: readonly string[];
  /** How often a group passed from one client to another. */
  readonly turns: number;
  readonly nodes: readonly ReadonlySet<string>[];
}

/** Whose turn it is on a group. */
interface Turn {
  client: string;
  /** Requests that are not answered, and commits that are still to come. */
  underWay: number;
}

/** One write in so many is answered by a reset, and committed later. */
const RESETS = 150;
/** Milliseconds. */
const LATE_BY = 30;

export async function startTurnTakingNodes(count: number): Promise<TurnTakingNodes> {
  const turns = new Map<string, Turn>();
  const broken: string[] = [];
  let passed = 0;
  let writes = 0;

  const arrive = (client: string, method: string, groupId: string) => {
    const turn = turns.get(groupId) ?? { client, underWay: 0 };
    turns.set(groupId, turn);
    if (turn.client !== client) {
      // An operation begins with a look.
      if (method !== 'GET' || turn.underWay > 0)
        broken.push(
          `${method} of ${groupId} by ${client} in the turn of ${turn.client} (${turn.underWay} under way)`,
        );
      turn.client = client;
      passed++;
    }
    turn.underWay++;
    return () => {
      turn.underWay--;
    };
  };

  async function startNode(groups: Set<string>) {
    const server = createServer(async (request, response) => {
      const client = Buffer.from(
        (request.headers.authorization ?? '').slice('Basic '.length),
        'base64',
      ).toString();
      const method = request.method ?? '';
      const groupId = method === 'GET' ? (request.url?.split('/')[3] ?? '') : await groupOf(request);
      const leave = arrive(client, method, groupId);
      const commit = () => {
        if (method === 'POST') groups.add(groupId);
        else groups.delete(groupId);
      };
      if (method !== 'GET' && ++writes % RESETS === 0) {
        request.socket.destroy();
        setTimeout(() => {
          commit();
          leave();
        }, LATE_BY);
        return;
      }
      answer(groups, method, groupId, response);
      if (method !== 'GET') commit();
      // What the client is sent it has not had yet; it may begin its next operation only after that.
      leave();
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return server;
  }

  const nodes = Array.from({ length: count }, () => new Set<string>());
  const servers = await Promise.all(nodes.map(startNode));
  return {
    broken,
    nodes,
    get turns() {
      return passed;
    },
    urlsFor: (client) =>
      Object.fromEntries(
        servers.map((server, index) => {
          const { port } = server.address() as AddressInfo;
          return [`node${index}`, `http://${client}@127.0.0.1:${port}`];
        }),
      ),
    async [Symbol.asyncDispose]() {
      for (const server of servers) {
        server.closeAllConnections();
        server.close();
      }
    },
  };
}

async function groupOf(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const part of request) body += part;
  const { groupId }: { groupId: string } = JSON.parse(body);
  return groupId;
}

function answer(
  groups: ReadonlySet<string>,
  method: string,
  groupId: string,
  response: ServerResponse,
): void {
  const has = groups.has(groupId);
  response.setHeader('content-type', 'application/json');
  if (method === 'POST')
    response.writeHead(has ? 400 : 201).end(has ? '{"error": "Group already exists"}' : '');
  else if (!has) response.writeHead(404).end('{"error": "Group not found"}');
  else response.writeHead(200).end(method === 'GET' ? JSON.stringify({ groupId }) : '');
}
