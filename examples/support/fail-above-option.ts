import type { FailAbove } from 'holdfast';
import { UsageError, wholeNumber } from './arguments.ts';

/**
 * What `--fail-above` says: a count such as 5, or a share such as 10%.
 *
 * @throws UsageError
 */
export function failAboveOption(text: string): FailAbove {
  if (/^\d+$/.test(text)) return wholeNumber('fail-above', text, 0);
  const [, percent] = /^(\d{1,3}(?:\.\d{1,6})?)%$/.exec(text) ?? [];
  if (percent !== undefined && Number(percent) <= 100) return `${Number(percent)}%`;
  throw new UsageError(
    `--fail-above takes a whole number or a share from 0% to 100%, received ${JSON.stringify(text)}`,
  );
}
