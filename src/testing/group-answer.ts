/** An answer ready to be written. */
export interface GroupAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
  /** Names and values in turn, beyond the content's type and length. */
  readonly headers?: readonly string[];
}

export const json = (status: number, body: string): GroupAnswer => ({
  status,
  contentType: 'application/json',
  body,
});

/** Most texts of the originals are declared as HTML. */
export const text = (status: number, body: string): GroupAnswer => ({
  status,
  contentType: 'text/html; charset=utf-8',
  body,
});

/** A web framework's, or a proxy's, own page: not an answer of the API. */
export const page = (status: number, title: string, headers: readonly string[] = []): GroupAnswer => ({
  ...text(
    status,
    `<!doctype html>\n<html lang=en>\n<title>${status} ${title}</title>\n<h1>${title}</h1>\n</html>\n`,
  ),
  headers,
});

export const NO_SUCH_PAGE = page(404, 'Not Found');
export const NO_SUCH_METHOD_ON_RECORD = page(405, 'Method Not Allowed', ['Allow', 'GET, HEAD']);
export const NO_SUCH_METHOD_ON_LIST = page(405, 'Method Not Allowed', ['Allow', 'POST, DELETE']);
export const BAD_GATEWAY = page(502, 'Bad Gateway');
export const PONG = text(200, 'PONG');
