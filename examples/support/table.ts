type Cell = string | number;

/** Prints rows in columns, as wide as their widest cell; numbers stand to the right. */
export function printTable(rows: readonly (readonly Cell[])[]): void {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [column, cell] of row.entries()) {
      widths[column] = Math.max(widths[column] ?? 0, String(cell).length);
    }
  }
  const pad = (cell: Cell, column: number) => {
    const width = widths[column] ?? 0;
    return typeof cell === 'number' ? String(cell).padStart(width) : cell.padEnd(width);
  };
  for (const row of rows) console.log(row.map(pad).join('  ').trimEnd());
}
