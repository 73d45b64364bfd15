/** What happened, line by line, and a digest of all of it. */
export class Trace {
  readonly #clock: { readonly time: number };
  #lines: string[] = [];
  #left = 0;
  #one = 0xdeadbeef;
  #two = 0x41c6ce57;

  constructor(clock: { readonly time: number }) {
    this.#clock = clock;
  }

  say(text: string): void {
    const line = `${this.#clock.time.toFixed(0).padStart(8)} ${text}`;
    this.#digest(line);
    this.#lines.push(line);
    if (this.#lines.length < 2 * LIMIT) return;
    this.#lines = this.#lines.slice(LIMIT);
    this.#left += LIMIT;
  }

  /** The last ones, and a word on how many went before. */
  lines(): readonly string[] {
    return this.#left === 0 ? this.#lines : [`(${this.#left} earlier lines left out)`, ...this.#lines];
  }

  /** 64 bits in hexadecimal digits, of every line there was. */
  digest(): string {
    return [this.#one, this.#two].map((lane) => (lane >>> 0).toString(16).padStart(8, '0')).join('');
  }

  /** Two multiply-and-xor lanes, after cyrb53. */
  #digest(line: string): void {
    let [one, two] = [this.#one, this.#two];
    for (let index = 0; index < line.length; index++) {
      const unit = line.charCodeAt(index);
      one = Math.imul(one ^ unit, 0x9e3779b1);
      one ^= one >>> 15;
      two = Math.imul(two ^ unit, 0x5f356495);
      two ^= two >>> 13;
    }
    this.#one = one;
    this.#two = two;
  }
}

const LIMIT = 10_000;
