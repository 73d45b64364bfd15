import type { RequestOptions } from 'node:https';
import type { Dispatcher } from 'undici';
import { onAbort } from '../core/abort.ts';
import type { Clock } from '../core/clock.ts';
import { HoldfastError, TimeoutError } from '../core/errors.ts';
import { Connections } from './connections.ts';
import { readCredentials } from './credentials.ts';
import { type LoadedConfig, loadKubeconfig } from './kubeconfig.ts';
import type { KubernetesSettings } from './options.ts';

/** What a request needs to reach the API server as the user. */
export interface Access {
  readonly server: URL;
  /** For messages. */
  readonly description: string;
  /** Those that say who asks. */
  readonly headers: Readonly<Record<string, string>>;
  readonly dispatcher: Dispatcher;
}

/** The client itself reads a token file once a minute; what a plugin gave is kept until it expires. */
const FRESH = 10_000;

/** A plugin may have to wait for a person. */
const PLUGIN_TIMEOUT = 60_000;

interface Current {
  readonly access: Promise<Access>;
  /** Ends the plugin where nobody waits for it any more. */
  readonly abandon: AbortController;
  waiting: number;
  /** Absent for as long as a plugin is at it. */
  made: { readonly access: Access; readonly at: number } | undefined;
}

/** Loads the kubeconfig when it is first needed, and keeps the credentials it leads to. */
export class AccessKeeper {
  readonly #settings: KubernetesSettings;
  readonly #connections: Connections;
  #config: Promise<LoadedConfig> | undefined;
  #current: Current | undefined;

  constructor(settings: KubernetesSettings) {
    this.#settings = settings;
    this.#connections = new Connections(settings.connections, settings.attemptTimeout);
  }

  async namespace(): Promise<string> {
    return this.#settings.namespace ?? (await this.#load()).namespace ?? 'default';
  }

  /**
   * Waits for a credential plugin until `limit`, in milliseconds, and never for more than a minute. One that nobody waits
   * for any more is ended, and the next call starts it anew.
   *
   * @throws {ConfigError} for a kubeconfig that is not usable
   * @throws {HoldfastError} code KUBERNETES_CREDENTIALS, where its credentials cannot be had
   * @throws {TimeoutError} where a plugin gives none in time
   */
  async get(signal: AbortSignal, limit = PLUGIN_TIMEOUT): Promise<Access> {
    const { clock } = this.#settings;
    const made = this.#current?.made;
    const stale = made !== undefined && clock.monotonic() - made.at > FRESH;
    if (this.#current === undefined || stale) this.#current = this.#renew();
    const current = this.#current;
    current.waiting += 1;
    try {
      return await within(current.access, Math.min(limit, PLUGIN_TIMEOUT), clock, signal);
    } finally {
      current.waiting -= 1;
      if (current.made === undefined && current.waiting === 0) {
        this.#forget(current);
        current.abandon.abort();
      }
    }
  }

  /** To be called with access that was not accepted: reads everything anew, once for all who call with the same. */
  refuse(access: Access): void {
    if (this.#current?.made?.access === access) this.#forget(this.#current);
  }

  close(): Promise<void> {
    return this.#connections.close();
  }

  #load(): Promise<LoadedConfig> {
    if (this.#config !== undefined) return this.#config;
    const config = loadKubeconfig(this.#settings);
    this.#config = config;
    // What failed is tried anew by the next call: a file may be there by then.
    config.catch(() => {
      if (this.#config === config) this.#config = undefined;
    });
    return config;
  }

  #renew(): Current {
    const abandon = new AbortController();
    const access = this.#prepare(abandon.signal);
    const current: Current = { access, abandon, waiting: 0, made: undefined };
    access.then(
      (made) => {
        current.made = { access: made, at: this.#settings.clock.monotonic() };
      },
      () => this.#forget(current),
    );
    return current;
  }

  #forget(current: Current): void {
    if (this.#current !== current) return;
    this.#config = undefined;
    this.#current = undefined;
  }

  async #prepare(abandoned: AbortSignal): Promise<Access> {
    const { config, cluster, server, description, endPlugins } = await this.#load();
    abandoned.throwIfAborted();
    const options: RequestOptions = {};
    const stopListening = onAbort(abandoned, endPlugins);
    try {
      await config.applyToHTTPSOptions(options);
    } catch (error) {
      throw credentialsError(description, error);
    } finally {
      stopListening();
    }
    const headers = readCredentials(options, config.getCurrentUser(), description);
    const dispatcher = await this.#connections.open(options, cluster.proxyUrl);
    return { server, description, headers, dispatcher };
  }
}

/** Neither the error nor its cause: what a plugin wrote may hold the token. */
function credentialsError(description: string, error: unknown): HoldfastError {
  const { code, path } = error as { code?: unknown; path?: unknown };
  const file = typeof path === 'string' ? ` ${path}` : '';
  const why = typeof code === 'string' ? ` (${code}${file})` : '';
  return new HoldfastError(
    `${description}: its credentials cannot be had${why}; does its certificate, token file or credential plugin work by hand?`,
    { code: 'KUBERNETES_CREDENTIALS', retryable: true },
  );
}

function within<T>(work: Promise<T>, limit: number, clock: Clock, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const late = `The kubeconfig gave no credentials within ${Math.ceil(limit)} ms; does its plugin hang?`;
    const stopTimer = clock.setTimer(() => {
      release();
      reject(new TimeoutError(late));
    }, limit);
    const stopListening = onAbort(signal, (reason) => {
      stopTimer();
      reject(reason);
    });
    const release = () => {
      stopTimer();
      stopListening();
    };
    work.then(
      (value) => {
        release();
        resolve(value);
      },
      (error: unknown) => {
        release();
        reject(error);
      },
    );
  });
}
