import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { avoSync, startApp } from '../server/syncrator/app.ts';
import { startSyncrator } from '../server/syncrator/cluster.ts';
import { launch, openPage, violations } from './open-page.ts';

let browser: Browser;
beforeAll(async () => {
  browser = await launch();
});
afterAll(() => browser?.close());

async function open(url: string, options: Parameters<typeof openPage>[2] = {}) {
  const opened = await openPage(browser, url, options);
  onTestFinished(() => opened.context.close());
  return opened;
}

/** The cells of a job's row, without its times. */
const row = (page: Page, id: number) =>
  page
    .locator('#rows tr', { has: page.getByRole('link', { name: String(id), exact: true }) })
    .locator('th, td')
    .evaluateAll((cells) => cells.slice(0, 6).map(({ textContent }) => textContent ?? ''));

const said = (page: Page, id: string) => page.locator(`#${id}`).textContent();

test('by keyboard alone: log in, dry run, start, see the records come in, delete', async () => {
  const { url, programs } = await startSyncrator();
  const { page, problems, requests, context } = await open(url);
  const press = async (...keys: string[]) => {
    for (const key of keys) await page.keyboard.press(key);
  };

  await page.getByLabel('Username').focus();
  await page.keyboard.type('somelogin@meemoo.be');
  await press('Tab');
  await page.keyboard.type('PW_HERE');
  await press('Enter');
  await expect.poll(() => said(page, 'login-said')).toMatch(/^Logged in until /);
  expect(await page.getByLabel('Password').inputValue()).toBe('');

  await page.getByLabel('Action').focus();
  await press('Tab');
  await page.keyboard.type('avo');
  await press('Tab');
  await page.keyboard.type('qas');
  await press('Enter');
  await expect.poll(() => said(page, 'start-said')).toBe('Nothing was started.');
  expect(await page.getByRole('region', { name: 'What a start would make' }).textContent()).toContain(
    'name: syncrator-qas-avo-sync',
  );
  expect(await page.locator('#rows tr').count()).toBe(0);
  await press('Tab', 'Tab', 'Space');
  await expect.poll(() => said(page, 'start-said')).toBe('Job 1 is starting.');

  await expect.poll(() => programs.length).toBe(1);
  programs[0]?.run(12_345);
  await expect.poll(() => row(page, 1)).toEqual(['1', 'avo', 'qas', 'sync', 'running', '12,345']);
  await expect.poll(() => said(page, 'jobs-said')).toBe('On this page: 1 running.');

  await page.getByRole('button', { name: 'Delete job 1' }).focus();
  await press('Enter');
  const dialog = page.getByRole('dialog', { name: 'Delete this job?' });
  await dialog.waitFor();
  expect(await page.locator(':focus').textContent()).toBe('Keep it');
  await press('Enter');
  await dialog.waitFor({ state: 'hidden' });
  expect(programs[0]?.signal.aborted).toBe(false);
  expect(await page.locator(':focus').getAttribute('aria-label')).toBe('Delete job 1');
  await press('Enter', 'Tab', 'Enter');
  await expect.poll(() => said(page, 'start-said')).toBe('Job 1 is deleted.');
  await expect.poll(() => row(page, 1)).toEqual(['1', 'avo', 'qas', 'sync', 'deleted', '12,345']);
  await expect.poll(() => programs[0]?.signal.aborted).toBe(true);

  expect(problems).toEqual([]);
  expect(requests.filter((request) => new URL(request.url).origin !== url)).toEqual([]);
  const [authorization] = requests.flatMap(({ headers }) => headers['authorization'] ?? []);
  const token = authorization?.replace('Bearer ', '') ?? '';
  expect(token).toMatch(/^ey/);
  const kept = await page.evaluate(() => [
    document.documentElement.outerHTML,
    JSON.stringify([
      { ...localStorage },
      { ...sessionStorage },
      document.cookie,
      location.href,
      history.length,
    ]),
  ]);
  for (const text of [
    ...kept,
    JSON.stringify(await context.cookies()),
    ...requests.map((request) => request.url),
  ]) {
    expect(text).not.toContain(token);
    expect(text).not.toContain('PW_HERE');
  }
});

test('a dialog that is opened again at once still deletes', async () => {
  const { url, programs } = await startSyncrator();
  const { page, problems } = await open(url);
  await page.getByLabel('Username').fill('somelogin@meemoo.be');
  await page.getByLabel('Password').fill('PW_HERE');
  await page.getByRole('button', { name: 'Log in' }).click();
  await expect.poll(() => said(page, 'login-said')).toMatch(/^Logged in until /);
  await page.getByLabel('Project').fill('avo');
  await page.getByLabel('Env').fill('qas');
  await page.getByRole('button', { name: 'Start', exact: true }).click();
  await expect.poll(() => programs.length).toBe(1);
  await page.getByRole('button', { name: 'Delete job 1' }).waitFor();
  // The first one's closing is told only after the second has opened.
  await page.evaluate(() => {
    const button = document.querySelector<HTMLButtonElement>('[aria-label="Delete job 1"]');
    button?.click();
    document.querySelector('dialog')?.close('cancel');
    button?.click();
  });
  await page.getByRole('button', { name: 'Delete it' }).click();
  await expect.poll(() => said(page, 'start-said')).toBe('Job 1 is deleted.');
  expect(problems).toEqual([]);
});

test.each(['light', 'dark'] as const)(
  'axe finds nothing wrong with it in its %s colours, 360 pixels wide too',
  async (colorScheme) => {
    const { url, store } = await startApp({ login: () => undefined });
    for (const status of ['running', 'completed', 'failed', 'deleted'] as const) {
      const { job } = await store.start({ ...avoSync, TARGET: status });
      await store.move(job.id, status);
    }
    for (const width of [1_100, 360]) {
      const { page } = await open(url, { colorScheme, viewport: { width, height: 800 } });
      await expect.poll(() => page.locator('#rows tr').count()).toBe(4);
      expect(await violations(page)).toEqual([]);
      await page.getByRole('button', { name: 'Delete job 1' }).click();
      expect(await violations(page)).toEqual([]);
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
    }
  },
);

test('hostile values appear as text and nowhere else', async () => {
  const { url, store } = await startApp();
  const values = [
    '<img src=x onerror="document.title=1">',
    '"><script>document.title=2</script>',
    '../../etc/passwd',
    '\u202eevil\u2066 "quoted"\nnew line',
    'x'.repeat(4_000),
  ];
  for (const TARGET of values) await store.start({ ...avoSync, TARGET, ENV: TARGET });
  const { page, problems, requests } = await open(url);
  await expect.poll(() => page.locator('#rows tr').count()).toBe(values.length);
  for (const [index, value] of values.entries()) {
    const [, target, env] = await row(page, index + 1);
    expect([target, env]).toEqual([value, value]);
  }
  expect(await page.locator('main img, main script').count()).toBe(0);
  expect(await page.title()).toBe('Syncrator');
  expect(problems).toEqual([]);
  expect(requests.map((request) => new URL(request.url).pathname)).not.toContain('/x');
});

test('what is refused is said, and a token that is refused is forgotten', async () => {
  const { url } = await startApp({
    login: ({ password }) => (password === 'x' ? { accessToken: 'forged', expiresIn: 899 } : undefined),
  });
  const { page } = await open(url);
  const logIn = async (password: string) => {
    await page.getByLabel('Username').fill('me');
    await page.getByLabel('Password').fill(password);
    await page.getByRole('button', { name: 'Log in' }).click();
  };
  await logIn('wrong');
  await expect.poll(() => said(page, 'login-said')).toBe('Not logged in: wrong username or password.');
  await page.getByLabel('Project').fill('nobody');
  await page.getByLabel('Env').fill('qas');
  await page.getByRole('button', { name: 'Dry run' }).click();
  await expect
    .poll(() => said(page, 'start-said'))
    .toBe('Not planned: there is no parameter file qas/nobody-sync.public_params.');
  await page.getByRole('button', { name: 'Start', exact: true }).click();
  await expect.poll(() => said(page, 'start-said')).toMatch(/^Not started: send the token/);
  await logIn('x');
  await expect.poll(() => said(page, 'login-said')).toMatch(/^Logged in until/);
  await page.getByRole('button', { name: 'Start', exact: true }).click();
  await expect.poll(() => said(page, 'start-said')).toBe('Not started: the token is not the right one.');
  await page.getByRole('button', { name: 'Start', exact: true }).click();
  await expect.poll(() => said(page, 'start-said')).toMatch(/^Not started: send the token/);
});

test('pages of jobs; what is looked at keeps the focus while the table is live', async () => {
  const { url, store } = await startApp();
  for (let job = 1; job <= 60; job += 1) await store.start({ ...avoSync, TARGET: `t${job}` });
  const { page } = await open(url);
  await expect.poll(() => page.locator('#rows tr').count()).toBe(50);
  await page.getByRole('button', { name: 'Older' }).click();
  await expect.poll(() => page.locator('#rows tr').count()).toBe(10);
  expect(await said(page, 'page')).toBe('Page 2');
  await page.getByRole('button', { name: 'Newer' }).click();
  await expect.poll(() => page.locator('#rows tr').count()).toBe(50);
  await page.getByRole('button', { name: 'Delete job 60' }).focus();
  await store.start({ ...avoSync, TARGET: 'newest' });
  await store.move(60, 'failed');
  await expect.poll(async () => (await row(page, 60))[4]).toBe('failed');
  expect(await page.locator('#rows tr').first().locator('a').textContent()).toBe('61');
  expect(await page.locator(':focus').getAttribute('aria-label')).toBe('Delete job 60');
});
