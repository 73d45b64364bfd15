/** One thing that is wrong with a request, in the form that FastAPI has. */
export interface RequestFault {
  /** From `body`, `path` or `query` to what is wrong. */
  readonly loc: readonly (string | number)[];
  readonly msg: string;
  readonly type: string;
}

/** Ends a request with an answer that is no success. */
export class DetailError extends Error {
  readonly status: number;
  readonly detail: string | readonly RequestFault[];
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: number,
    detail: string | readonly RequestFault[],
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(typeof detail === 'string' ? detail : detail.map(({ msg }) => msg).join('\n'));
    this.status = status;
    this.detail = detail;
    this.headers = headers;
  }
}

/** `{"detail": …}`. */
export const detailResponse = (
  status: number,
  detail: string | readonly RequestFault[],
  headers: Readonly<Record<string, string>> = {},
): Response => Response.json({ detail }, { status, headers });
