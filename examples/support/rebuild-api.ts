import { setTimeout as sleep } from 'node:timers/promises';
import { type RunningServer, serve } from 'holdfast/server';

export interface RebuildApiOptions {
  /** What requests must bring as `Authorization`, word for word. */
  readonly token: string;
  /** Milliseconds that an answer takes at most. */
  readonly delay: number;
}

/**
 * Stands in for an API that rebuilds files: what comes as the field `file` of a form goes back. A file whose name has
 * `refuse` in it is answered with 422, so that failures can be seen.
 */
export function startRebuildApi({ token, delay }: RebuildApiOptions): Promise<RunningServer> {
  const answer = async (request: Request): Promise<Response> => {
    if (request.headers.get('authorization') !== token) return new Response(null, { status: 401 });
    const file = (await request.formData()).get('file');
    if (!(file instanceof File)) return new Response(null, { status: 400 });
    // A request that is cut off is waited for by nobody, nor by the end of the process.
    await sleep(Math.random() * delay, undefined, { signal: request.signal });
    return file.name.includes('refuse') ? new Response(null, { status: 422 }) : new Response(file.stream());
  };
  return serve({ fetch: answer });
}
