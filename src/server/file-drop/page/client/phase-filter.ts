import { byId, make } from './dom.ts';
import { isOpen, PHASES, type Phase, type Pod } from './pod.ts';

/** Milliseconds: what is read aloud must not interrupt itself. */
const CALM = 2_000;

/** How many files there are in each phase, which of them are shown, and the sentence that says so aloud. */
export class PhaseFilter {
  readonly #choices = new Map<Phase | 'All', { label: HTMLElement; figure: HTMLElement }>();
  #chosen: Phase | 'All' = 'All';
  #said = '';
  #saying: ReturnType<typeof setTimeout> | undefined;

  constructor(onChange: () => void) {
    const filter = byId('filter', HTMLFieldSetElement);
    for (const choice of ['All', ...PHASES] as const) {
      const input = make('input');
      input.type = 'radio';
      input.name = 'phase';
      input.checked = choice === 'All';
      input.addEventListener('change', () => {
        this.#chosen = choice;
        onChange();
      });
      const figure = make('b', { text: '0' });
      const word = make('span', { text: choice, className: choice === 'All' ? '' : `phase ${choice}` });
      const label = make('label', {}, input, word, figure);
      this.#choices.set(choice, { label, figure });
      filter.append(label);
    }
  }

  shows({ phase }: Pod): boolean {
    return this.#chosen === 'All' || this.#chosen === phase;
  }

  count(pods: readonly Pod[]): void {
    const counts = new Map<Phase, number>();
    for (const { phase } of pods) counts.set(phase, (counts.get(phase) ?? 0) + 1);
    for (const [choice, { label, figure }] of this.#choices) {
      const count = choice === 'All' ? pods.length : (counts.get(choice) ?? 0);
      figure.textContent = String(count);
      label.hidden = choice === 'Unknown' && count === 0 && this.#chosen !== 'Unknown';
    }
    const open = pods.filter(isOpen).length;
    document.title = open === 0 ? 'File drop' : `${open} to go – File drop`;
    this.#say(pods.length, counts);
  }

  #say(total: number, counts: ReadonlyMap<Phase, number>): void {
    const parts = PHASES.flatMap((phase) => {
      const count = counts.get(phase) ?? 0;
      return count === 0 ? [] : [`${count} ${phase.toLowerCase()}`];
    });
    this.#said = total === 0 ? 'No files' : `${total} ${total === 1 ? 'file' : 'files'}: ${parts.join(', ')}`;
    this.#saying ??= setTimeout(() => {
      this.#saying = undefined;
      const summary = byId('summary', HTMLElement);
      if (summary.textContent !== this.#said) summary.textContent = this.#said;
    }, CALM);
  }
}
