/** How long calls took, in milliseconds; percentiles by nearest rank, at most 2 % above the true value. */
export interface Latency {
  /** Half of the calls took no longer. */
  readonly p50: number;
  /** Nine in ten took no longer. */
  readonly p90: number;
  /** 99 in a hundred took no longer. */
  readonly p99: number;
  /** Exact. */
  readonly max: number;
}

const LEAST = 0.01;
const GROWTH = 1.02;
/** From a hundredth of a millisecond to eleven days. */
const BUCKETS = Math.ceil(Math.log(1e9 / LEAST) / Math.log(GROWTH));

/** Counts durations in buckets, each 2 % wider than the one before: its size does not depend on how many there are. */
export class LatencyHistogram {
  readonly #counts = new Float64Array(BUCKETS + 1);
  #count = 0;
  #max = 0;

  add(milliseconds: number): void {
    const bucket = milliseconds <= LEAST ? 0 : Math.ceil(Math.log(milliseconds / LEAST) / Math.log(GROWTH));
    const at = Math.min(bucket, BUCKETS);
    this.#counts[at] = (this.#counts[at] ?? 0) + 1;
    this.#count += 1;
    this.#max = Math.max(this.#max, milliseconds);
  }

  summary(): Latency {
    return {
      p50: this.#percentile(50),
      p90: this.#percentile(90),
      p99: this.#percentile(99),
      max: this.#max,
    };
  }

  #percentile(percent: number): number {
    const rank = Math.ceil((this.#count * percent) / 100);
    let seen = 0;
    for (const [bucket, count] of this.#counts.entries()) {
      seen += count;
      if (seen >= rank && seen > 0) return Math.min(LEAST * GROWTH ** bucket, this.#max);
    }
    return 0;
  }
}
