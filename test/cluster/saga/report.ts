export interface Counts {
  readonly name: string;
  readonly nodeCount: number;
  readonly states: number;
  readonly moves: number;
}

/** Prints how much was visited, a line for each exploration and one for all. */
export function report(title: string, counted: readonly Counts[]): void {
  const all = (count: (one: Counts) => number) => counted.reduce((sum, one) => sum + count(one), 0);
  const total = { states: all(({ states }) => states), moves: all(({ moves }) => moves) };
  const lines = counted.map(({ name, nodeCount, states, moves }) =>
    line(`${name}, ${nodeCount} ${nodeCount === 1 ? 'node' : 'nodes'}`, states, moves),
  );
  process.stdout.write(`\n${title}\n${lines.join('')}${line('in all', total.states, total.moves)}`);
}

const line = (name: string, states: number, moves: number) =>
  `${name.padEnd(74)}${number(states)} states ${number(moves)} moves\n`;

const number = (value: number) => value.toLocaleString('en').padStart(12);
