/**
 * How many steps a regular expression is made of when its repetitions are written out: what its time to match grows with.
 * Never below the true number by much; it is known before anything is compiled.
 */
export class PatternSize {
  /** Of the groups that are open, and of the last thing in each, which a quantifier repeats. */
  readonly #groups: { size: number; last: number }[] = [{ size: 0, last: 0 }];
  #inClass = false;

  /** So far. */
  get steps(): number {
    return this.#groups.reduce((sum, { size }) => sum + size, 0);
  }

  /** One character, escape or quantifier, as it is written. */
  add(token: string): void {
    const group = this.#groups.at(-1);
    if (group === undefined) return;
    if (this.#inClass) {
      if (token === ']') this.#inClass = false;
    } else if (token === '(') this.#groups.push({ size: 2, last: 0 });
    else if (token === ')' && this.#groups.length > 1) this.#close(group.size);
    else {
      const times = timesOf(token);
      if (times === undefined) {
        this.#inClass = token.startsWith('[');
        group.last = 1;
        group.size += 1;
      } else {
        const repeated = group.last * times + 1;
        group.size += repeated - group.last;
        group.last = repeated;
      }
    }
  }

  #close(size: number): void {
    this.#groups.pop();
    const outer = this.#groups.at(-1);
    if (outer === undefined) return;
    outer.size += size;
    outer.last = size;
  }
}

/** How often what is before a quantifier stands in the program. */
function timesOf(token: string): number | undefined {
  if (token === '*' || token === '+' || token === '?') return 1;
  const [whole, least = '', comma, most = ''] = /^\{(\d*)(,?)(\d*)\}$/.exec(token) ?? [];
  if (whole === undefined) return undefined;
  const copies = Math.max(1, Number(least), Number(most));
  // What may be left out is a branch besides.
  return comma === '' ? copies : 2 * copies;
}
