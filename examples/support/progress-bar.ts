import type { Progress } from 'holdfast';

/** Where a bar is drawn: `process.stderr`, for one. */
export interface BarStream {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

/** A bar that redraws itself on a terminal, and a plain line every tenth of the way in CI, a pipe or a file. */
export function progressBar(title: string, total: number, stream: BarStream = process.stderr) {
  const redraws = stream.isTTY === true && process.env['CI'] === undefined && process.env['TERM'] !== 'dumb';
  const width = 30;
  let line = '';
  let shown = '';
  let tenth = -1;

  const draw = () => {
    stream.write(redraws ? `\r${line}\x1b[K` : `${line}\n`);
    shown = line;
  };
  /** What was skipped is not on its way, so it moves nothing. */
  const show = ({ done, failed }: Pick<Progress, 'done' | 'failed'>) => {
    const part = total === 0 ? 1 : Math.min(1, (done + failed) / total);
    const filled = Math.round(part * width);
    const bar = redraws ? ` ${'█'.repeat(filled)}${'░'.repeat(width - filled)}` : ':';
    line = `${title}${bar} ${done + failed} of ${total}${failed > 0 ? `, ${failed} failed` : ''}`;
    const isNext = Math.floor(part * 10) > tenth;
    tenth = Math.floor(part * 10);
    if (redraws || isNext) draw();
  };
  /** Prints a line of its own, above the bar. */
  const note = (text: string) => {
    stream.write(redraws ? `\r${text}\x1b[K\n` : `${text}\n`);
    if (redraws) draw();
  };
  /** Leaves the last state standing. */
  const end = () => {
    if (redraws) stream.write('\n');
    else if (line !== shown) draw();
  };
  show({ done: 0, failed: 0 });
  return { show, note, end };
}
