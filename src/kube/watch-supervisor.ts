import { sleep } from '../core/abort.ts';
import { ConnectionError, HoldfastError } from '../core/errors.ts';
import { backoff } from '../core/retry.ts';
import { KubernetesError } from './errors.ts';
import { type ListRequest, listPages } from './list.ts';
import { NOTHING_BEFORE } from './outcome.ts';
import { describe, query } from './request-path.ts';
import type { Call, Opened, Requester } from './requester.ts';
import { collectionPath, type KubernetesObject, type KubernetesResource } from './resources.ts';
import { judge } from './verdict.ts';
import type { WatchBuffer } from './watch-buffer.ts';
import type { WatchedObject, WatchLine } from './watch-lines.ts';
import { type Change, Picture } from './watch-picture.ts';
import { readStream } from './watch-stream.ts';

type StreamLine = Exclude<WatchLine, { kind: 'error' }>;

/** An object of the store, which has a name, a uid and a resourceVersion. */
export type Watched<R extends KubernetesResource> = KubernetesObject<R> & WatchedObject;

/** Which watch, checked and with its namespace settled; times in milliseconds. */
export interface WatchRequest<R extends KubernetesResource> extends ListRequest<R> {
  readonly streamTimeout: number;
  readonly maxSilence: number;
}

/** How the waits between streams grow, to half a minute as those of the official Go client. */
const RESTART = { attempts: Infinity, baseDelay: 200, maxDelay: 30_000, jitter: 'full' } as const;

/**
 * After so many streams in a row that told nothing, not even by a bookmark, the resourceVersion itself may be what is wrong:
 * a server whose store was restored is silent until it gets there.
 */
const FRUITLESS = 3;

/** What follows a stream that ended. */
interface Next {
  readonly why: string;
  /** It told something new. */
  readonly fruitful: boolean;
  /** It was as it should be, though perhaps quiet. */
  readonly orderly: boolean;
  readonly relist: boolean;
  /** Milliseconds, where the server says. */
  readonly wait?: number | undefined;
  /** The credentials were not accepted; they are being read anew. */
  readonly unauthorized?: HoldfastError;
}

/** Keeps a list and a watch going, and puts what they change into the buffer. */
export class WatchSupervisor<R extends KubernetesResource> {
  readonly #requester: Requester;
  readonly #list: WatchRequest<R>;
  readonly #buffer: WatchBuffer<Watched<R>>;
  readonly #signal: AbortSignal;
  readonly #picture = new Picture<Watched<R>>();
  #synced = false;
  /** Tries in a row that gave nothing. */
  #failures = 0;

  constructor(
    requester: Requester,
    list: WatchRequest<R>,
    buffer: WatchBuffer<Watched<R>>,
    signal: AbortSignal,
  ) {
    this.#requester = requester;
    this.#list = { ...list, options: { ...list.options, signal } };
    this.#buffer = buffer;
    this.#signal = signal;
  }

  /**
   * Never resolves.
   *
   * @throws what another try would not change: a refusal (400, 401 with new credentials, 403, 404), TLS, ConfigError
   * @throws what the attempts of a list ended with, where the first one never was complete
   * @throws the signal's reason
   */
  async run(): Promise<never> {
    // Where pages expire before they are read, one whole list cannot.
    let whole = false;
    for (;;) {
      try {
        await this.#relist(whole);
        whole = false;
        await this.#watchOn();
      } catch (error) {
        this.#signal.throwIfAborted();
        whole = isExpired(error);
        const passes = error instanceof HoldfastError && error.retryable && this.#synced;
        if (!whole && !passes) throw error;
        await this.#pause(`the list failed: ${(error as Error).message}`, undefined);
      }
    }
  }

  async #relist(whole: boolean): Promise<void> {
    const { options } = this.#list;
    const list = whole ? { ...this.#list, options: { ...options, limit: Infinity } } : this.#list;
    const sweep = this.#picture.beginList();
    let resourceVersion: string | undefined;
    for await (const page of listPages(this.#requester, list)) {
      resourceVersion ??= page.resourceVersion;
      for (const item of page.items) this.#put(sweep.see(item as Watched<R>));
      await this.#buffer.room(this.#signal);
    }
    this.#put(sweep.end(resourceVersion ?? ''));
    if (!this.#synced) this.#buffer.put({ type: 'synced' });
    this.#synced = true;
  }

  /** Stream after stream, each from where the picture stands; resolves when a new list is needed. */
  async #watchOn(): Promise<void> {
    let fruitless = 0;
    let unauthorized = false;
    for (;;) {
      const next = await this.#watchOnce();
      if (next.unauthorized !== undefined && unauthorized) throw next.unauthorized;
      unauthorized = next.unauthorized !== undefined;
      fruitless = next.fruitful ? 0 : fruitless + 1;
      if (next.orderly) this.#failures = 0;
      await this.#pause(next.why, next.wait);
      if (next.relist || fruitless >= FRUITLESS) return;
    }
  }

  async #watchOnce(): Promise<Next> {
    const { streamTimeout, maxSilence } = this.#list;
    const { clock, random } = this.#requester.settings;
    const seconds = Math.ceil((streamTimeout / 1000) * (1 + random()));
    const begun = clock.monotonic();
    const from = this.#picture.resourceVersion;
    const call = this.#call(seconds);
    const opened = await this.#requester.open(call, this.#signal);
    if (opened.kind === 'failed') return this.#afterFailure(opened);
    try {
      const end = await readStream(opened.body, {
        clock,
        timeout: seconds * 1000,
        maxSilence,
        signal: this.#signal,
        onLine: (line) => this.#take(line),
      });
      const { why } = end;
      const fruitful = this.#picture.resourceVersion !== from;
      const orderly = fruitful || (why === 'ended' && clock.monotonic() - begun >= streamTimeout);
      if (end.why !== 'error') {
        return { why, fruitful, orderly, relist: why === 'silent' || why === 'left' };
      }
      const { code, details } = end.status;
      const wait = details?.retryAfterSeconds === undefined ? undefined : details.retryAfterSeconds * 1000;
      return { why: `error ${code}`, fruitful, orderly, relist: true, wait };
    } finally {
      opened.release();
    }
  }

  async #take(line: StreamLine): Promise<'leave' | undefined> {
    const version = line.kind === 'bookmark' ? line.resourceVersion : line.object.metadata.resourceVersion;
    const past = this.#picture.isPast(version);
    if (line.kind === 'bookmark') this.#picture.bookmark(version);
    const changes = line.kind === 'event' ? this.#picture.apply(line.type, line.object as Watched<R>) : [];
    this.#put(changes);
    // Nothing of the past was asked for: the store may be another one, or an older state of it.
    if (past && changes.length === 0) return 'leave';
    await this.#buffer.room(this.#signal);
    return undefined;
  }

  #afterFailure({ verdict, access }: Extract<Opened, { kind: 'failed' }>): Next {
    const failed = { fruitful: false, orderly: false, relist: false };
    if (verdict.kind === 'done') return { ...failed, why: 'no stream' };
    const error = verdict.error(NOTHING_BEFORE);
    const why = error.message;
    if (verdict.kind === 'unauthorized') {
      this.#requester.access.refuse(access);
      return { ...failed, why, unauthorized: error };
    }
    if (verdict.kind !== 'refused') {
      // Who answers the next time may be another server, or the same with an older store.
      return { ...failed, why, relist: error instanceof ConnectionError, wait: verdict.wait };
    }
    if (isExpired(error)) return { ...failed, why, relist: true };
    throw error;
  }

  #call(timeoutSeconds: number): Call<never> {
    const { resource, namespace, options } = this.#list;
    const { labelSelector, fieldSelector } = options;
    return {
      what: describe('watch', resource, undefined, namespace),
      method: 'GET',
      path: `${collectionPath(resource, namespace)}${query({
        labelSelector,
        fieldSelector,
        watch: true,
        allowWatchBookmarks: true,
        timeoutSeconds,
        resourceVersion: this.#picture.resourceVersion,
      })}`,
      repeatable: true,
      judge: (answer, place) => judge<never>(answer, place, () => undefined),
    };
  }

  #put(changes: readonly Change<Watched<R>>[]): void {
    for (const change of changes) this.#buffer.put(change);
  }

  async #pause(why: string, wait: number | undefined): Promise<void> {
    const { clock, random, logger } = this.#requester.settings;
    this.#failures += 1;
    const delay = (wait ?? 0) + backoff(RESTART, this.#failures, random);
    const { resource } = this.#list;
    logger.debug(`watch ${resource}: ${why}; it goes on in ${Math.round(delay)} ms`, { resource });
    await sleep(delay, clock, this.#signal);
  }
}

const isExpired = (error: unknown) => error instanceof KubernetesError && error.status === 410;
