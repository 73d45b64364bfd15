import type { Progress } from 'holdfast';

/** A bar that redraws itself on a terminal, and a plain line every tenth of the way anywhere else. */
export function progressBar(title: string, stream: NodeJS.WriteStream = process.stderr) {
  let shown = -1;
  return (progress: Progress): void => {
    const ended = progress.done + progress.failed + progress.skipped;
    const total = progress.total ?? ended;
    const tenth = total === 0 ? 10 : Math.floor((ended / total) * 10);
    if (stream.isTTY) {
      const width = 30;
      const filled = total === 0 ? width : Math.round((ended / total) * width);
      const bar = '█'.repeat(filled) + '░'.repeat(width - filled);
      const failed = progress.failed > 0 ? `, ${progress.failed} failed` : '';
      stream.write(`\r${title} ${bar} ${ended}/${total}${failed}${ended === total ? '\n' : ''}`);
    } else if (tenth !== shown) {
      stream.write(`${title}: ${ended} of ${total}\n`);
    }
    shown = tenth;
  };
}
