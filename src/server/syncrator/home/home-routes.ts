import type { Hono } from 'hono';
import { pageHeaders } from '../../page-headers.ts';
import { type HomeParts, homeHtml } from './home-html.ts';
import { PAGE_TEXTS } from './text/page-texts.ts';

/** The home page and what it loads, from memory. */
export function homeRoutes(app: Hono, parts: HomeParts): void {
  for (const [name, text] of [['', homeHtml(parts)] as const, ...PAGE_TEXTS]) {
    const type = TYPES.get(name.split('.').at(-1) ?? '') ?? 'text/plain';
    const headers = { ...pageHeaders, 'content-type': `${type}; charset=utf-8` };
    app.get(`/${name}`, (c) => c.body(text, 200, headers));
  }
}

const TYPES: ReadonlyMap<string, string> = new Map([
  ['', 'text/html'],
  ['css', 'text/css'],
  ['js', 'text/javascript'],
  ['svg', 'image/svg+xml'],
]);
