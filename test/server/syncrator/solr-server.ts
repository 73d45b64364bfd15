import type { IncomingMessage } from 'node:http';
import { serve } from '../../http/loopback.ts';

/** A stand-in for Solr: collections with documents behind aliases, and what it was asked, in order. */
export async function startSolr(
  state: {
    readonly aliases?: Record<string, string>;
    /** The status with which a request is refused; `undefined` for one that is not. */
    readonly refuse?: (asked: string) => number | undefined;
    /** Whether aliases stay as they are, whatever is asked. */
    readonly stuck?: boolean;
  } = {},
) {
  const aliases = new Map(
    Object.entries(state.aliases ?? { cataloguspro: 'blue', 'cataloguspro-standby': 'green,teal' }),
  );
  /** Of each collection, as searched and as written. */
  const documents = new Map(['blue', 'green', 'teal'].map((name) => [name, { seen: 3, written: 3 }]));
  const asked: string[] = [];
  const authorizations = new Set<string | undefined>();

  const answer = async (request: IncomingMessage): Promise<object | undefined> => {
    const url = new URL(request.url ?? '', 'http://solr');
    const body = await textOf(request);
    const action = url.searchParams.get('action');
    if (url.pathname === '/solr/admin/collections' && action === 'LISTALIASES') {
      return { aliases: Object.fromEntries(aliases) };
    }
    if (url.pathname === '/solr/admin/collections' && action === 'CREATEALIAS') {
      const name = url.searchParams.get('name') ?? '';
      if (!state.stuck) aliases.set(name, url.searchParams.get('collections') ?? '');
      return {};
    }
    const alias = /^\/solr\/([^/]+)\/update$/.exec(url.pathname)?.[1] ?? '';
    const collections =
      aliases
        .get(alias)
        ?.split(',')
        .map((name) => documents.get(name)) ?? [];
    for (const held of collections) {
      if (held === undefined) return undefined;
      if (body.startsWith('<delete>')) held.written = 0;
      else held.seen = held.written;
    }
    return collections.length === 0 ? undefined : {};
  };
  const origin = await serve((request, response) => {
    authorizations.add(request.headers.authorization);
    const short = `${request.method} ${request.url?.replace('/solr/', '').replace('&wt=json', '').replace('?wt=json', '')}`;
    asked.push(short);
    const status = state.refuse?.(short);
    if (status !== undefined) return void response.writeHead(status).end('<html>no</html>');
    void answer(request).then((found) => {
      const header = { responseHeader: { status: found === undefined ? 400 : 0 } };
      response.writeHead(found === undefined ? 400 : 200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ ...header, ...found }));
    });
  });
  return { url: `${origin}/solr`, aliases, documents, asked, authorizations };
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return text;
}
