import { createHash } from 'node:crypto';
import type { Hono } from 'hono';
import { PAGE_TEXTS } from './text/page-texts.ts';

/** The page at `/` and what it loads, under `assets`; all of it the same for everybody. */
export function pageRoutes(app: Hono): void {
  for (const [name, text] of PAGE_TEXTS) {
    const etag = `"${createHash('sha256').update(text).digest('base64url').slice(0, 22)}"`;
    const type = TYPES.get(name.split('.').at(-1) ?? '') ?? 'text/plain';
    // A new version is had at once, an old one is not sent again.
    const headers = { etag, 'cache-control': 'no-cache' };
    app.get(name === 'page.html' ? '/' : `/assets/${name}`, (c) =>
      c.req.header('if-none-match') === etag
        ? c.body(null, 304, headers)
        : c.body(text, 200, { ...headers, 'content-type': `${type}; charset=utf-8` }),
    );
  }
  // Browsers ask for it by themselves where another file is opened.
  app.get('/favicon.ico', (c) => c.redirect('/assets/icon.svg', 301));
}

const TYPES: ReadonlyMap<string, string> = new Map([
  ['html', 'text/html'],
  ['css', 'text/css'],
  ['js', 'text/javascript'],
  ['svg', 'image/svg+xml'],
]);
