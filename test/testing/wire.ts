import { connect, type Socket } from 'node:net';

/** What came back over one connection: the bytes as they are, and how it ended. */
export class RawConnection implements Disposable {
  readonly #socket: Socket;
  #received = '';
  #progress: (() => void) | undefined;
  /** How the server ended it; `open` as long as it did not. */
  ending: 'open' | 'ended' | 'reset' = 'open';

  constructor(url: string) {
    const { hostname, port } = new URL(url);
    // A socket that is half open does not answer the server's end by its own, which could hide a reset.
    this.#socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
    this.#socket.on('data', (chunk: Buffer) => {
      this.#received += chunk.toString();
      this.#progress?.();
    });
    this.#socket.on('end', () => this.#end('ended'));
    this.#socket.on('error', () => this.#end('reset'));
  }

  get received(): string {
    return this.#received;
  }

  /** The path goes out as it is: nothing is normalised on the way. */
  send(method: string, path: string, headers: Record<string, string> = {}, body = ''): this {
    const length = body === '' ? {} : { 'content-length': String(Buffer.byteLength(body)) };
    const lines = Object.entries({ host: 'nodes', ...length, ...headers }).map(
      ([name, value]) => `${name}: ${value}\r\n`,
    );
    this.#socket.write(`${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n${body}`);
    return this;
  }

  /** Resolves with the whole answer as soon as it is complete by its own content-length, or the connection ended. */
  async answer(): Promise<{ status: number; headers: Map<string, string>; body: string }> {
    while (!this.#isComplete() && this.ending === 'open') await this.#next();
    const [head = '', body = ''] = this.#received.split(/\r\n\r\n(.*)/s);
    const [statusLine = '', ...lines] = head.split('\r\n');
    const headers = lines.map((line): [string, string] => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    });
    return { status: Number(statusLine.split(' ')[1]), headers: new Map(headers), body };
  }

  async ended(): Promise<'ended' | 'reset'> {
    while (this.ending === 'open') await this.#next();
    return this.ending;
  }

  [Symbol.dispose](): void {
    this.#socket.destroy();
  }

  #isComplete(): boolean {
    const length = /\r\ncontent-length: (\d+)\r\n/i.exec(this.#received)?.[1];
    const start = this.#received.indexOf('\r\n\r\n') + 4;
    return length !== undefined && Buffer.byteLength(this.#received.slice(start)) >= Number(length);
  }

  #next(): Promise<void> {
    return new Promise((resolve) => {
      this.#progress = resolve;
    });
  }

  #end(how: 'ended' | 'reset'): void {
    this.ending = how;
    this.#progress?.();
  }
}

/** One request with the path as it is, over a connection of its own. */
export async function rawRequest(
  url: string,
  method: string,
  path: string,
  headers?: Record<string, string>,
  body?: string,
) {
  using connection = new RawConnection(url);
  return await connection.send(method, path, headers, body).answer();
}
