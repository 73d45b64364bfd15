import type { RequestOptions } from 'node:https';
import type { Agent, Dispatcher } from 'undici';
import { loadUndici } from './load-library.ts';

/**
 * One bounded set of connections for every request. Another takes its place when the kubeconfig gives other certificates;
 * the old one closes when its last request ended.
 */
export class Connections {
  readonly #limit: number;
  readonly #connectTimeout: number;
  readonly #open = new Set<Dispatcher>();
  #current: { readonly key: string; readonly dispatcher: Dispatcher } | undefined;

  constructor(limit: number, attemptTimeout: number) {
    this.#limit = limit;
    // Sooner than the attempt, so that a request that was never sent is known not to have been.
    this.#connectTimeout = Math.ceil(attemptTimeout / 2);
  }

  async open(options: RequestOptions, proxyUrl: string | undefined): Promise<Dispatcher> {
    const tls = tlsOptions(options);
    const key = JSON.stringify([tls, proxyUrl]);
    const { Agent, ProxyAgent } = await loadUndici();
    if (this.#current?.key === key) return this.#current.dispatcher;
    const connect = { keepAlive: true, keepAliveInitialDelay: 30_000, timeout: this.#connectTimeout };
    const shared: Agent.Options = {
      connections: this.#limit,
      // Our own timer bounds each attempt; a watch is quiet for long.
      headersTimeout: 0,
      bodyTimeout: 0,
      allowH2: false,
    };
    const dispatcher = proxyUrl
      ? new ProxyAgent({ ...shared, uri: proxyUrl, requestTls: { ...tls, ...connect } })
      : new Agent({ ...shared, connect: { ...tls, ...connect } });
    this.#retire();
    this.#open.add(dispatcher);
    this.#current = { key, dispatcher };
    return dispatcher;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#open].map((dispatcher) => dispatcher.destroy()));
  }

  #retire(): void {
    const old = this.#current?.dispatcher;
    old?.close().then(
      () => this.#open.delete(old),
      // It was destroyed meanwhile.
      () => this.#open.delete(old),
    );
  }
}

function tlsOptions(options: RequestOptions) {
  const { ca, cert, key, pfx, passphrase, servername, rejectUnauthorized } = options;
  const given = Object.entries({ ca, cert, key, pfx, passphrase, servername, rejectUnauthorized }).filter(
    ([, value]) => value !== undefined && value !== null,
  );
  return Object.fromEntries(given) as Pick<
    RequestOptions,
    'ca' | 'cert' | 'key' | 'pfx' | 'passphrase' | 'servername' | 'rejectUnauthorized'
  >;
}
