import type { Hono } from 'hono';
import { detailResponse } from './detail.ts';

/** 405 for a path that is one of the app's with another method, 404 for any other. */
export function unknownRoute(app: Hono, path: string): Response {
  const methods = app.routes
    .filter((route) => route.method !== 'ALL' && patternOf(route.path).test(path))
    .map(({ method }) => method);
  if (methods.length === 0) return detailResponse(404, 'Not Found');
  return detailResponse(405, 'Method Not Allowed', { allow: [...new Set(methods)].join(', ') });
}

/** Of a route that has no other patterns than `:name`. */
const patternOf = (route: string) =>
  new RegExp(`^${route.replaceAll('.', '\\.').replace(/:\w+/g, '[^/]+')}$`);
