/*
 * What runs in the browser. The token is in a variable and nowhere else; what jobs are called is put into the page as text.
 */

interface Row {
  readonly id: number;
  readonly target: string;
  readonly env: string;
  readonly job_type: string;
  readonly status: string;
  readonly sync_id: number | null;
  readonly created_at: string;
  readonly updated_at: string;
  readonly sync_job?: { readonly total_records: number };
}

const POLL = 2_000;
const statuses = ['starting', 'running', 'completed', 'failed', 'deleted'];
const rows = new Map<number, HTMLTableRowElement>();
let token: string | undefined;
let page = 1;
let full = false;
/** The job that the dialog asks about. */
let asked: Row | undefined;
/** Of looks: an answer that a later one has overtaken is dropped. */
let turn = 0;
let timer = 0;

function element<T extends HTMLElement>(id: string, type: new () => T): T {
  const found = document.getElementById(id);
  if (!(found instanceof type)) throw new TypeError(`the page has no ${id}`);
  return found;
}
/** Only a change is read out. */
function say(id: string, text: string): void {
  const place = element(id, HTMLElement);
  if (place.textContent !== text) place.textContent = text;
}

async function ask(path: string, init: RequestInit = {}): Promise<unknown> {
  const headers = new Headers(token === undefined ? {} : { authorization: `Bearer ${token}` });
  const answer = await fetch(path, { ...init, headers, redirect: 'error' });
  const body: unknown = await answer.json().catch(() => undefined);
  if (answer.ok) return body;
  if (answer.status === 401) token = undefined;
  throw new Error(detailOf(body) ?? `the server answered ${answer.status}`);
}
function detailOf(body: unknown): string | undefined {
  const detail: unknown = typeof body === 'object' && body !== null ? Reflect.get(body, 'detail') : undefined;
  if (typeof detail === 'string') return detail;
  if (!Array.isArray(detail)) return undefined;
  return detail.map(({ loc, msg }) => `${loc.slice(1).join('.')} ${msg}`).join('; ');
}
const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

function cell(row: HTMLTableRowElement, name: string): HTMLElement {
  const known = [...row.cells].find((one) => one.dataset['name'] === name);
  if (known !== undefined) return known;
  const made = row.insertCell();
  made.dataset['name'] = name;
  return made;
}
function text(row: HTMLTableRowElement, name: string, value: string, className = ''): void {
  const place = cell(row, name);
  if (place.textContent !== value) place.textContent = value;
  place.className = className;
}
/** What somebody else has written may be long, and run the other way: it stays within its own box. */
function given(row: HTMLTableRowElement, name: string, value: string): void {
  const place = cell(row, name);
  if (place.textContent === value) return;
  const box = document.createElement('span');
  box.className = 'text';
  box.textContent = value;
  place.replaceChildren(box);
}
function time(row: HTMLTableRowElement, name: string, value: string): void {
  const date = new Date(value);
  text(row, name, Number.isNaN(date.getTime()) ? value : date.toLocaleString());
}

function draw(job: Row): HTMLTableRowElement {
  const row = rows.get(job.id) ?? document.createElement('tr');
  if (!rows.has(job.id)) {
    const head = document.createElement('th');
    head.scope = 'row';
    const link = document.createElement('a');
    link.href = `jobs/${job.id}`;
    link.textContent = String(job.id);
    head.append(link);
    row.append(head);
    rows.set(job.id, row);
  }
  given(row, 'target', job.target);
  given(row, 'env', job.env);
  text(row, 'action', job.job_type);
  const status = cell(row, 'status');
  if (status.textContent !== job.status) {
    const mark = document.createElement('span');
    mark.className = `status ${statuses.includes(job.status) ? job.status : ''}`;
    mark.textContent = job.status;
    status.replaceChildren(mark);
  }
  const records = job.sync_job?.total_records;
  if (records !== undefined) text(row, 'records', records.toLocaleString(), 'number');
  else if (cell(row, 'records').textContent === '') cell(row, 'records').className = 'number';
  time(row, 'created', job.created_at);
  time(row, 'changed', job.updated_at);
  drawDelete(row, job);
  return row;
}
function drawDelete(row: HTMLTableRowElement, job: Row): void {
  const place = cell(row, 'delete');
  const known = place.querySelector('button');
  if (job.status === 'deleted') {
    // The focus must not fall to the top of the page.
    if (known !== null && known === document.activeElement) row.querySelector('a')?.focus();
    known?.remove();
    return;
  }
  if (known !== null) return;
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'danger';
  button.textContent = 'Delete';
  button.setAttribute('aria-label', `Delete job ${job.id}`);
  button.addEventListener('click', () => confirmDelete(job));
  place.append(button);
}

async function look(): Promise<void> {
  window.clearTimeout(timer);
  turn += 1;
  const mine = turn;
  let wait = POLL;
  try {
    const jobs = (await ask(`jobs?page=${page}`)) as readonly Row[];
    const reported = jobs.filter(({ sync_id: id, status }) => id !== null && status !== 'deleted');
    const fresh = reported.filter(({ id, status }) => status === 'running' || !hasRecords(id)).slice(0, 20);
    const details = await Promise.all(fresh.map(({ id }) => ask(`jobs/${id}`) as Promise<Row>));
    if (mine !== turn) return;
    const byId = new Map(details.map((job) => [job.id, job]));
    show(jobs.map((job) => byId.get(job.id) ?? job));
  } catch (error) {
    if (mine !== turn) return;
    wait = 5 * POLL;
    say('jobs-said', `The jobs cannot be read (${messageOf(error)}); this page tries again.`);
  }
  timer = window.setTimeout(() => void look(), wait);
}
function hasRecords(id: number): boolean {
  const row = rows.get(id);
  return row !== undefined && cell(row, 'records').textContent !== '';
}
function show(jobs: readonly Row[]): void {
  const body = element('rows', HTMLTableSectionElement);
  const shown = new Set(jobs.map(({ id }) => id));
  for (const [id, row] of rows) {
    if (shown.has(id)) continue;
    row.remove();
    rows.delete(id);
  }
  for (const [index, job] of jobs.entries()) {
    const row = draw(job);
    // Moving a row would take the focus from what is in it.
    if (body.rows[index] !== row) body.insertBefore(row, body.rows[index] ?? null);
  }
  full = jobs.length >= 50;
  element('newer', HTMLButtonElement).disabled = page === 1;
  element('older', HTMLButtonElement).disabled = !full;
  say('page', `Page ${page}`);
  const counts = statuses
    .map((status) => ({ status, count: jobs.filter((job) => job.status === status).length }))
    .filter(({ count }) => count > 0)
    .map(({ status, count }) => `${count} ${status}`);
  say('jobs-said', counts.length === 0 ? 'There are no jobs here.' : `On this page: ${counts.join(', ')}.`);
}
function turnTo(next: number): void {
  page = Math.max(1, next);
  void look();
}

function confirmDelete(job: Row): void {
  const dialog = element('confirm', HTMLDialogElement);
  say(
    'confirm-text',
    `Job ${job.id}: ${job.job_type} of ${job.target} in ${job.env}. If it runs, it is stopped.`,
  );
  dialog.returnValue = 'cancel';
  asked = job;
  dialog.showModal();
}

/** A dialog says later that it was closed: whoever is quick has opened it again by then, and answers that one. */
function closeConfirm(): void {
  const dialog = element('confirm', HTMLDialogElement);
  const job = asked;
  if (dialog.open || job === undefined) return;
  asked = undefined;
  if (dialog.returnValue === 'delete') void remove(job);
}

async function remove(job: Row): Promise<void> {
  try {
    await ask(`jobs/${job.id}`, { method: 'DELETE' });
    say('start-said', `Job ${job.id} is deleted.`);
  } catch (error) {
    say('start-said', `Job ${job.id} is not deleted: ${messageOf(error)}.`);
  }
  await look();
}

async function start(form: HTMLFormElement, dryRun: boolean): Promise<void> {
  const given = new FormData(form);
  const parts = ['action', 'project', 'env'].map((name) => String(given.get(name) ?? '').trim());
  const path = parts
    .filter((part) => part !== '')
    .map(encodeURIComponent)
    .join('/');
  element('plan-part', HTMLElement).hidden = true;
  say('start-said', '');
  try {
    const answer = (await ask(path, { method: dryRun ? 'GET' : 'POST' })) as {
      readonly job_id: unknown;
      readonly result: unknown;
    };
    if (dryRun) {
      say('plan', String(answer.result));
      element('plan-part', HTMLElement).hidden = false;
      say('start-said', 'Nothing was started.');
      return;
    }
    say('start-said', `Job ${String(answer.job_id)} is ${String(answer.result)}.`);
    turnTo(1);
  } catch (error) {
    say('start-said', `Not ${dryRun ? 'planned' : 'started'}: ${messageOf(error)}.`);
  }
}

async function logIn(form: HTMLFormElement): Promise<void> {
  const given = new FormData(form);
  const own = given.get('token');
  try {
    if (typeof own === 'string') {
      token = own.trim();
      say('login-said', 'The token is used until this page is left.');
    } else {
      token = undefined;
      const granted = (await ask('login', { method: 'POST', body: given })) as {
        readonly access_token: string;
        readonly expires_in: number;
      };
      const mine = granted.access_token;
      token = mine;
      const life = granted.expires_in * 1000;
      say('login-said', `Logged in until ${new Date(Date.now() + life).toLocaleTimeString()}.`);
      window.setTimeout(
        () => {
          if (token !== mine) return;
          token = undefined;
          say('login-said', 'The login has expired; log in again.');
        },
        Math.min(life, 2 ** 31 - 1),
      );
    }
  } catch (error) {
    say('login-said', `Not logged in: ${messageOf(error)}.`);
  }
  form.reset();
}

function onSubmit(id: string, handle: (form: HTMLFormElement, by: string) => Promise<void>): void {
  const form = document.getElementById(id);
  if (!(form instanceof HTMLFormElement)) return;
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const by = event.submitter instanceof HTMLButtonElement ? event.submitter.value : '';
    void handle(form, by);
  });
}

onSubmit('login', (form) => logIn(form));
onSubmit('start', (form, by) => start(form, by !== 'start'));
element('newer', HTMLButtonElement).addEventListener('click', () => turnTo(page - 1));
element('older', HTMLButtonElement).addEventListener('click', () => turnTo(page + 1));
element('confirm', HTMLDialogElement).addEventListener('close', closeConfirm);
document.addEventListener('visibilitychange', () => {
  if (document.hidden) window.clearTimeout(timer);
  else void look();
});
void look();

// A module, so that its names are its own.
export type {};
