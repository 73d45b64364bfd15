/**
 * One file of `rows/`: it exports a `row` and is run in a process of its own, with `--expose-gc`, against the built
 * package. Nothing else needs to know of it.
 */
export interface BenchRow {
  measure(): Promise<readonly Line[]>;
}

/** A line of the table. */
export interface Line {
  readonly what: string;
  /** With its unit. */
  readonly ours: string;
  /** What the budget compares with, measured in the same run. */
  readonly floor: string;
  /** `ours` by `floor`, in the sense of the budget. */
  readonly ratio: number;
  readonly budget: string;
  readonly met: boolean;
}

/** How a ratio, rounded as it is shown, stands to its budget. */
export const atLeast = (ratio: number, least: number) => ({
  ratio,
  budget: `>= ${least}`,
  met: rounded(ratio) >= least,
});

export const atMost = (ratio: number, most: number) => ({
  ratio,
  budget: `<= ${most}`,
  met: rounded(ratio) <= most,
});

const rounded = (ratio: number) => Number(ratio.toFixed(2));
