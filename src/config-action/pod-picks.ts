import type { Random } from '../core/clock.ts';
import { ConfigError, HoldfastError } from '../core/errors.ts';
import type { Shard } from '../core/shard.ts';
import type { CalledPod } from './call.ts';
import type { SelectedPod } from './pod-source.ts';
import type { ActionSettings, PodOrder } from './requester-config.ts';

/** A pod that was selected and cannot be called. */
export interface LeftOutPod {
  /** The pod's name. */
  readonly pod: string;
  /** It has no address, or its containers have ended. */
  readonly reason: 'no-ip' | 'ended';
}

/**
 * The pods of an action after the four steps: those of each target in turn, duplicates kept; ordered; from
 * `podStartIndex` on; `podCount` of them, from the first again where there are fewer. In the order of the list they are
 * read only as far as they are asked for.
 */
export class PodPicks {
  readonly leftOut: LeftOutPod[] = [];
  readonly #settings: ActionSettings;
  readonly #random: Random;
  readonly #shard: Shard;
  readonly #selected: AsyncIterator<SelectedPod>;
  #pods: CalledPod[] = [];
  #ended = false;

  constructor(
    selected: AsyncIterable<SelectedPod>,
    settings: ActionSettings,
    { random, shard }: { readonly random: Random; readonly shard: Shard },
  ) {
    this.#selected = selected[Symbol.asyncIterator]();
    this.#settings = settings;
    this.#random = random;
    this.#shard = shard;
  }

  /** Whether all were read. */
  get ended(): boolean {
    return this.#ended;
  }

  /** How many there are, where that is known. */
  get count(): number | undefined {
    const whole = this.#whole();
    const { index, of } = this.#shard;
    return whole === undefined ? undefined : Math.max(0, Math.ceil((whole - index) / of));
  }

  /** The pod at a position of this shard; `undefined` where it is not known yet, and past the end. */
  known(position: number): CalledPod | undefined {
    const { podStartIndex, order } = this.#settings;
    const at = this.#shard.index + position * this.#shard.of;
    if (at >= (this.#whole() ?? Number.POSITIVE_INFINITY)) return undefined;
    if (this.#ended) return this.#pods[(podStartIndex + at) % this.#pods.length];
    return order === null ? this.#pods[podStartIndex + at] : undefined;
  }

  /**
   * The pod at a position of this shard; `undefined` past the end.
   *
   * @throws {HoldfastError} with code `NO_PODS`
   * @throws {ConfigError} where `podStartIndex` is past the end
   */
  async at(position: number): Promise<CalledPod | undefined> {
    while (!this.#ended && this.known(position) === undefined) {
      const count = this.count;
      // A count that the config gives is known before the pods are; what it starts from is to be checked all the same.
      if (count !== undefined && position >= count && position > 0) return undefined;
      await this.#read();
    }
    return this.known(position);
  }

  /** Reads what is left. */
  async load(): Promise<void> {
    while (!this.#ended) await this.#read();
  }

  async close(): Promise<void> {
    if (this.#ended) return;
    await this.#selected.return?.();
  }

  #whole(): number | undefined {
    const { podCount } = this.#settings;
    if (podCount !== 'all') return podCount;
    return this.#ended ? this.#pods.length : undefined;
  }

  async #read(): Promise<void> {
    const next = await this.#selected.next();
    if (next.done !== true) return this.#add(next.value);
    const { order, podStartIndex, name, targets } = this.#settings;
    const searched = `target${targets.length === 1 ? '' : 's'} ${targets.map((target) => target.name).join(', ')}`;
    if (this.#pods.length === 0) {
      const without =
        this.leftOut.length === 0 ? '' : ` that can be called (${this.leftOut.length} have no address)`;
      throw new HoldfastError(`Action ${name}: the ${searched} selected no pod${without}; nothing was sent`, {
        code: 'NO_PODS',
        retryable: true,
      });
    }
    if (podStartIndex >= this.#pods.length) {
      const message =
        `action ${name}: ${podStartIndex} is past the end of the ${this.#pods.length} pods that the ${searched} ` +
        'selected; start below that';
      throw new ConfigError([{ path: 'pod_start_index', message }]);
    }
    this.#pods = orderPods(this.#pods, order, this.#random);
    this.#ended = true;
  }

  #add(pod: SelectedPod): void {
    const { target, name, namespace, ip } = pod;
    const reason = reasonLeftOut(pod);
    if (reason !== undefined) this.leftOut.push({ pod: name, reason });
    else if (ip !== undefined) this.#pods.push({ target, name, namespace, ip });
  }
}

/** Why a pod cannot be called; `undefined` where it can be. */
export function reasonLeftOut({ ip, ended }: SelectedPod): LeftOutPod['reason'] | undefined {
  if (ip === undefined || ip === '') return 'no-ip';
  return ended === true ? 'ended' : undefined;
}

/** Stable; by code points, as Python compares. */
function orderPods(pods: readonly CalledPod[], order: PodOrder, random: Random): CalledPod[] {
  if (order === 'random') return shuffle(pods, random);
  if (order === 'ascending') return pods.toSorted((a, b) => compareNames(a.name, b.name));
  if (order === 'descending') return pods.toSorted((a, b) => compareNames(b.name, a.name));
  return [...pods];
}

function compareNames(a: string, b: string): number {
  if (a === b) return 0;
  // UTF-16 puts what is written as a surrogate pair before U+E000.
  if (/[\ud800-\udfff]/.test(a + b)) return Buffer.compare(Buffer.from(a), Buffer.from(b));
  return a < b ? -1 : 1;
}

/** Fisher and Yates: every order is equally likely. */
function shuffle(pods: readonly CalledPod[], random: Random): CalledPod[] {
  const shuffled = [...pods];
  for (let at = shuffled.length - 1; at > 0; at -= 1) {
    const other = Math.floor(random() * (at + 1));
    const [one, two] = [shuffled[at], shuffled[other]];
    if (one !== undefined && two !== undefined) {
      shuffled[at] = two;
      shuffled[other] = one;
    }
  }
  return shuffled;
}
