/** The params of a GET as they stand in its query; empty where there are none. */
export function queryOf(params: Readonly<Record<string, unknown>>, cursor?: string): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(params)) {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one !== null) query.append(name, String(one));
    }
  }
  if (cursor !== undefined) query.set('cursor', cursor);
  return query.toString();
}

/** The url with a query in addition to its own. A fragment, which is never sent, is taken off. */
export function withQuery(url: string, query: string): string {
  const end = url.indexOf('#');
  const bare = end === -1 ? url : url.slice(0, end);
  if (query === '') return bare;
  if (!bare.includes('?')) return `${bare}?${query}`;
  return bare.endsWith('?') || bare.endsWith('&') ? bare + query : `${bare}&${query}`;
}

/** What a query cannot carry: the names of params that hold objects. */
export function unfitForQuery(params: Readonly<Record<string, unknown>>): string[] {
  const fits = (value: unknown) => value === null || typeof value !== 'object';
  return Object.entries(params)
    .filter(([, value]) => !(Array.isArray(value) ? value.every(fits) : fits(value)))
    .map(([name]) => name);
}
