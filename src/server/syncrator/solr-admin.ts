import * as v from 'valibot';
import { defineError, HoldfastError } from '../../core/errors.ts';
import { redactUrl } from '../../core/observe.ts';
import { splitCredentials } from '../../http/credentials.ts';
import type { HttpAnswer } from '../../http/message.ts';
import { path } from '../../http/path.ts';
import type { Transport } from '../../http/transport.ts';

/** Solr did not do what a start needs; `retryable` where it may later. */
export class SolrError extends HoldfastError {
  static {
    defineError(this, 'SolrError');
  }

  constructor(message: string, options: { readonly retryable: boolean; readonly cause?: unknown }) {
    super(message, { code: 'SOLR', ...options });
  }
}

/** What each alias serves. */
export interface SolrAliases {
  /** Sorted, and with aliases of aliases followed. @throws {SolrError} where there is no such alias */
  collections(alias: string): string[];
}

/** The few requests that a preparation takes, over Solr's V1 API ("Alias Management" and "Indexing" in its guide). */
export class SolrAdmin {
  readonly #transport: Transport;
  readonly #base: string;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #timeout: number;
  readonly #signal: AbortSignal;

  constructor(transport: Transport, base: string, timeout: number, signal: AbortSignal) {
    const { url, authorization } = splitCredentials(base);
    this.#transport = transport;
    this.#base = url.replace(/\/+$/, '');
    this.#headers = authorization === undefined ? {} : { authorization };
    this.#timeout = timeout;
    this.#signal = signal;
  }

  async aliases(): Promise<SolrAliases> {
    const { aliases = {} } = await this.#send(path`/admin/collections?action=LISTALIASES&wt=json`);
    const served = new Map(Object.entries(aliases).map(([name, list]) => [name, list.split(',')]));
    const follow = (name: string, within: readonly string[]): string[] =>
      // What no alias is called is a collection, and so is one that is called as an alias that leads to it.
      served.has(name) && !within.includes(name)
        ? (served.get(name) ?? []).flatMap((one) => follow(one, [...within, name]))
        : [name];
    return {
      collections: (alias) => {
        if (served.has(alias)) return [...new Set(follow(alias, []))].sort();
        const known = [...served.keys()].sort().join(', ') || 'none';
        throw new SolrError(`there is no alias ${alias} in Solr (there are ${known}); create it first`, {
          retryable: false,
        });
      },
    };
  }

  /** Makes an alias, or points it elsewhere. */
  async createAlias(name: string, collections: readonly string[]): Promise<void> {
    const list = collections.join();
    await this.#send(path`/admin/collections?action=CREATEALIAS&name=${name}&collections=${list}&wt=json`);
  }

  /** Sends an update message to what an alias serves. */
  async update(alias: string, xml: string): Promise<void> {
    await this.#send(path`/${alias}/update?wt=json`, xml);
  }

  async #send(target: string, xml?: string): Promise<SolrAnswer> {
    // The time is over, or the runner closed: nothing more may be changed.
    this.#signal.throwIfAborted();
    const request = {
      method: xml === undefined ? 'GET' : 'POST',
      url: this.#base + target,
      headers: {
        ...this.#headers,
        accept: 'application/json',
        ...(xml !== undefined && { 'content-type': 'text/xml; charset=utf-8' }),
      },
      ...(xml !== undefined && { body: xml }),
      timeout: this.#timeout,
    };
    const what = `${request.method} ${redactUrl(request.url)}`;
    let answer: HttpAnswer;
    try {
      // Not cut by the signal: a write that nobody awaits could still be carried out when the program runs.
      answer = await this.#transport.send(request);
    } catch (cause) {
      if (!(cause instanceof HoldfastError)) throw cause;
      throw new SolrError(`${what}: ${cause.message}`, { retryable: cause.retryable, cause });
    }
    return readAnswer(answer, what);
  }
}

type SolrAnswer = v.InferOutput<typeof solrAnswer>;

const solrAnswer = v.object({
  responseHeader: v.object({ status: v.literal(0) }),
  aliases: v.optional(v.record(v.string(), v.string())),
});

function readAnswer({ status, body }: HttpAnswer, what: string): SolrAnswer {
  if (status !== 200) {
    const passing = status === 408 || status === 429 || status >= 500;
    throw new SolrError(`${what} answered ${status}`, { retryable: passing });
  }
  const parsed = v.safeParse(solrAnswer, parseJson(body));
  if (parsed.success) return parsed.output;
  throw new SolrError(`${what} answered no success of Solr's; is this the address of Solr?`, {
    retryable: true,
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
