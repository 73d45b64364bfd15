import { askForToken } from './access.ts';
import { byId, make } from './dom.ts';
import { shownName } from './file-name.ts';
import { type Sending, sendForm } from './send-form.ts';
import { jsonOf, refusalOf } from './server.ts';

interface Entry {
  readonly filename: string;
  readonly status: 'scheduled' | 'failed' | 'skipped';
  readonly error?: { readonly message: string };
}

let underWay = 0;
addEventListener('beforeunload', (event) => {
  if (underWay > 0) event.preventDefault();
});

/** Sends files as one drop, and shows how far that is until it has gone well or was dismissed. */
export function upload(files: readonly File[]): void {
  const card = new UploadCard(files.length);
  const dropId = randomUuid();
  const start = async () => {
    underWay += 1;
    const sending = sendForm(files, dropId, (progress) => card.progress(progress));
    card.begin(sending.cancel);
    try {
      await settle(sending, card, start);
    } finally {
      underWay -= 1;
    }
  };
  void start();
}

async function settle(sending: Sending, card: UploadCard, again: () => Promise<void>): Promise<void> {
  const { status, body } = await sending.answer;
  if (status === 401) {
    await askForToken();
    return again();
  }
  if (status === 0) {
    const why = sending.cancelled()
      ? 'Cancelled. What had arrived by then is in the table.'
      : 'The connection broke off. What had arrived by then is in the table; trying again sends the rest.';
    return card.fail(why, [], again);
  }
  const answer = jsonOf(body) as { files?: Entry[] } | Entry[] | null | undefined;
  const isWhole = status === 200 && Array.isArray(answer);
  const entries = Array.isArray(answer) ? answer : (answer?.files ?? []);
  const bad = entries.filter((entry) => entry.status !== 'scheduled');
  if (isWhole && bad.length === 0) return card.succeed(entries.length);
  const isOfFiles = bad.length > 0 && (isWhole || bad.length === entries.length);
  const why = isOfFiles ? `${bad.length} of ${counted(entries.length)} failed.` : refusalOf(status, body);
  card.fail(why, bad, again);
}

/** Not `crypto.randomUUID`, which a page without TLS has not. */
function randomUuid(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20)}`;
}

/** Failures past this are not listed one by one. */
const MOST_FAILURES = 20;

class UploadCard {
  readonly #files: number;
  readonly #element = make('div', { className: 'upload' });
  readonly #title = make('p');
  readonly #detail = make('p', { className: 'detail' });
  readonly #bar = make('progress');
  readonly #choices = make('div', { className: 'choices' });

  constructor(files: number) {
    this.#files = files;
    this.#title.setAttribute('role', 'status');
    this.#bar.setAttribute('aria-label', `Sending ${counted(files)}`);
    this.#bar.max = 1;
    byId('uploads', HTMLElement).append(this.#element);
  }

  begin(cancel: () => void): void {
    this.#title.textContent = `Sending ${counted(this.#files)}`;
    this.#bar.value = 0;
    this.#choices.replaceChildren(button('Cancel', cancel));
    this.#element.replaceChildren(this.#title, this.#choices, this.#detail, this.#bar);
  }

  progress({ share, sent, name }: { share: number; sent: number; name: string }): void {
    this.#bar.value = share;
    const parts = [document.createTextNode(`${sent} of ${this.#files} sent, ${Math.floor(share * 100)} % `)];
    this.#detail.replaceChildren(...parts, ...(share < 1 ? [shownName(name)] : []));
  }

  succeed(scheduled: number): void {
    this.#title.textContent = `${counted(scheduled)} scheduled`;
    this.#element.replaceChildren(this.#title);
    setTimeout(() => this.#element.remove(), 4_000);
  }

  fail(why: string, bad: readonly Entry[], again: () => Promise<void>): void {
    this.#title.textContent = why;
    const dismiss = button('Dismiss', () => {
      this.#element.remove();
      byId('files', HTMLElement).focus();
    });
    this.#choices.replaceChildren(
      button('Try again', () => void again()),
      dismiss,
    );
    const listed = bad.slice(0, MOST_FAILURES).map(({ filename, error }) => {
      const reason = make('span', { text: `: ${error?.message ?? 'not begun'}` });
      return make('li', {}, shownName(filename), reason);
    });
    const left = bad.length - listed.length;
    if (left > 0) listed.push(make('li', { text: `and ${left} more` }));
    this.#element.replaceChildren(this.#title, this.#choices);
    if (listed.length > 0) this.#element.append(make('ul', { className: 'failures' }, ...listed));
  }
}

const counted = (files: number): string => (files === 1 ? 'one file' : `${files} files`);

function button(text: string, onClick: () => void): HTMLButtonElement {
  const made = make('button', { text });
  made.type = 'button';
  made.addEventListener('click', onClick);
  return made;
}
