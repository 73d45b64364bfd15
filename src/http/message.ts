/** One request. What its url, headers and body hold must be checked by then: see `send`. */
export interface HttpRequest {
  readonly method: string;
  /** Absolute, `http:` or `https:`, without credentials: `splitCredentials` takes them out. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Goes out as it is; no content-type is made up for it. */
  readonly body?: string | Uint8Array | undefined;
  /** Milliseconds for the whole attempt, the answer's body included. */
  readonly timeout: number;
  /** Only for what may be cut: aborting it leaves open whether a write happened. */
  readonly signal?: AbortSignal | undefined;
}

export interface HttpAnswer {
  readonly status: number;
  /** Of any case; several values are joined by a comma. */
  header(name: string): string | undefined;
  /** Decoded as UTF-8. Empty for HEAD, 204 and 304. */
  readonly body: string;
}

/** What differs between transports: one request to its whole answer, cut by `signal`. */
export interface Carrier {
  carry(request: HttpRequest, signal: AbortSignal): Promise<HttpAnswer>;
  /** Where there are connections of our own. */
  close?(): Promise<void>;
}
