import { Readable } from 'node:stream';
import { dropFileId } from '../../file-drop/file-id.ts';
import { positionOf } from '../../file-drop/file-store.ts';
import { DetailError } from '../detail.ts';
import type { FileDropAppSettings } from './options.ts';

/** `GET /backend/static/{id}`: the bytes, as nothing that a browser would show. */
export async function fileBytes({ store }: FileDropAppSettings, id: string): Promise<Response> {
  const found = await store.read(id);
  if (found === undefined)
    throw new DetailError(404, 'there is no such file, or its bytes are removed by now');
  const body = Readable.toWeb(Readable.from(found.body, { objectMode: false })) as ReadableStream<Uint8Array>;
  return new Response(body, {
    headers: {
      'content-type': 'application/octet-stream',
      'content-length': String(found.size),
      // Its own name stands in no header.
      'content-disposition': `attachment; filename="${id}"`,
      'content-security-policy': "default-src 'none'; sandbox",
      'cache-control': 'no-store',
    },
  });
}

/** `GET /backend/drops/{dropId}/{index}`: the file that an index of an Indexed Job stands for. */
export async function fileOfIndex(
  { store, drop: { fileUrl } }: FileDropAppSettings,
  dropId: string,
  index: string,
): Promise<Response> {
  const drop = DROP_ID.test(dropId) ? await store.drop(dropId) : undefined;
  if (drop === undefined) throw new DetailError(404, 'there is no such drop, or it is forgotten by now');
  const position = /^\d{1,9}$/.test(index) ? positionOf(Number(index), drop.indexed?.gaps ?? []) : -1;
  const file = await store.get(dropFileId(dropId, position));
  if (file === undefined) throw new DetailError(404, 'the drop has no file of this index');
  const { id, filename } = file;
  return Response.json({ id, filename, url: fileUrl(id) });
}

const DROP_ID = /^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/;
