import type { Hono } from 'hono';
import { pageHeaders } from '../../page-headers.ts';
import { type HomeParts, homeHtml } from './home-html.ts';
import { homeScript } from './home-script.ts';
import { homeStyle } from './home-style.ts';

/** The home page, from memory. */
export function homeRoutes(app: Hono, parts: HomeParts): void {
  const html = homeHtml(parts);
  // Some compilers put calls of __name into functions, for stack traces.
  const script = `const __name = (it) => it;\n(${homeScript})();\n`;
  const part = (path: string, type: string, text: string) => {
    const headers = { ...pageHeaders, 'content-type': `${type}; charset=utf-8` };
    app.get(path, (c) => c.body(text, 200, headers));
  };
  part('/', 'text/html', html);
  part('/home.js', 'text/javascript', script);
  part('/home.css', 'text/css', homeStyle);
  part('/icon.svg', 'image/svg+xml', ICON);
}

const ICON =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><path fill="none" stroke="#2563a8" stroke-width="2" d="M2 8a6 6 0 0 1 10-4l2 2M14 8a6 6 0 0 1-10 4l-2-2M14 2v4h-4M2 14v-4h4"/></svg>';
