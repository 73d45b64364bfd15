import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import type { FileDropAppOptions } from '../../src/server/file-drop/options.ts';
import { HOSTILE_NAMES } from '../file-drop/drop-cluster.ts';
import { API_TOKEN, startDropServer } from '../server/file-drop/drop-server.ts';
import { dropFiles, launch, openPage, rowsIn, shownNames, slowDown, violations } from './open-page.ts';

const TOKEN = 'page-token-of-32-characters-00001';

let browser: Browser;
beforeAll(async () => {
  browser = await launch();
});
afterAll(() => browser?.close());

async function open(
  options: Partial<FileDropAppOptions> = {},
  contextOptions: Parameters<typeof openPage>[2] = {},
) {
  const dropped = await startDropServer(options);
  onTestFinished(() => dropped.close());
  const opened = await openPage(browser, dropped.url, contextOptions);
  onTestFinished(() => opened.context.close());
  return { ...dropped, ...opened };
}

test('50 dropped files reach Succeeded but for the one that fails, which is red and says why; delete all empties it', async () => {
  const { page, problems, requests, url } = await open();
  const names = Array.from({ length: 49 }, (_, number) => `report-${number}.pdf`);
  await dropFiles(page, [...names, 'fails.pdf']);
  await expect.poll(() => rowsIn(page, 'Succeeded').count(), { timeout: 60_000 }).toBe(49);
  expect((await shownNames(page)).sort()).toEqual([...names, 'fails.pdf'].sort());
  const failed = page.locator('#rows tr', { hasText: 'fails.pdf' });
  expect(await failed.locator('.reason').textContent()).toBe('Error (exit code 4)');
  expect(await failed.locator('.phase').evaluate((it) => getComputedStyle(it).color)).toBe(
    'rgb(179, 38, 30)',
  );
  await expect.poll(() => page.locator('#connection').textContent()).toBe('Live');
  await expect.poll(() => page.locator('#summary').textContent()).toBe('50 files: 49 succeeded, 1 failed');

  await page.getByRole('radio', { name: /Failed/ }).check();
  expect(await shownNames(page)).toEqual(['fails.pdf']);
  await page.getByRole('radio', { name: /All/ }).check();

  await page.reload();
  await expect.poll(() => rowsIn(page, 'Succeeded').count()).toBe(49);

  await page.getByRole('button', { name: 'Delete all' }).click();
  const dialog = page.getByRole('dialog', { name: 'Delete all jobs?' });
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  expect(await page.locator('#rows tr').count()).toBe(50);
  await page.getByRole('button', { name: 'Delete all' }).click();
  expect(await dialog.textContent()).toContain('All 50 jobs go');
  await dialog.getByRole('button', { name: 'Delete all' }).click();
  await expect.poll(() => page.locator('#rows tr').count()).toBe(0);
  expect(await page.getByText('No files yet.').isVisible()).toBe(true);
  expect(await page.getByRole('button', { name: 'Delete all' }).isDisabled()).toBe(true);

  expect(problems).toEqual([]);
  expect(requests.map((request) => new URL(request.url).origin).filter((origin) => origin !== url)).toEqual(
    [],
  );
});

test('everything can be done by keyboard alone', async () => {
  const { page, problems } = await open();
  await expect.poll(() => page.locator('#connection').textContent()).toBe('Live');
  const chosen = page.waitForEvent('filechooser');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await (await chosen).setFiles([
    { name: 'typed.pdf', mimeType: '', buffer: Buffer.from('x') },
    { name: 'fails.pdf', mimeType: '', buffer: Buffer.from('x') },
  ]);
  await expect.poll(() => rowsIn(page, 'Succeeded').count()).toBe(1);
  await expect.poll(() => rowsIn(page, 'Failed').count()).toBe(1);
  const focused = () => page.evaluate(() => document.activeElement?.id);
  await page.keyboard.press('Tab');
  await page.keyboard.press('ArrowLeft');
  expect(await shownNames(page)).toEqual(['fails.pdf']);
  await page.keyboard.press('Tab');
  expect(await focused()).toBe('delete-all');
  await page.keyboard.press('Enter');
  expect(await focused()).toBe('confirm-no');
  await page.keyboard.press('Escape');
  expect(await focused()).toBe('delete-all');
  await page.keyboard.press('Enter');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await expect.poll(() => page.locator('#rows tr').count()).toBe(0);
  expect(await focused()).toBe('files');
  expect(problems).toEqual([]);
});

test('hostile names appear as text, turned round by nothing, and nowhere else', async () => {
  const { page, problems } = await open();
  await dropFiles(page, HOSTILE_NAMES);
  await expect.poll(() => rowsIn(page, 'Succeeded').count()).toBe(HOSTILE_NAMES.length);
  expect((await shownNames(page)).sort()).toEqual([...HOSTILE_NAMES].sort());
  const attributes = await page.evaluate(() =>
    [...document.querySelectorAll('*')].flatMap((it) => [...it.attributes].map(({ value }) => value)),
  );
  for (const trace of ['passwd', 'onerror', 'nnnn', 'quoted', 'gpj', 'API_TOKEN']) {
    expect(attributes.filter((value) => value.includes(trace))).toEqual([]);
  }
  expect(await page.locator('#rows img').count()).toBe(0);
  // The mark that turns what follows round stands in a part of its own.
  const control = page.locator('#rows .control', { hasText: '\u202e' });
  expect(await control.evaluate((it) => it.textContent)).toBe('\u202e');
  const width = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  expect(width).toBeLessThanOrEqual(0);
  expect(problems).toEqual([]);
});

test.each(['light', 'dark'] as const)(
  'axe finds nothing wrong in any state of the %s page',
  async (colorScheme) => {
    const { page } = await open({ maxFileBytes: 100 }, { colorScheme });
    const found = await violations(page);
    await dropFiles(page, ['good', 'fails', 'hangs', 'n'.repeat(3_000)]);
    await expect.poll(() => rowsIn(page, 'Running').count()).toBe(1);
    await expect.poll(() => rowsIn(page, 'Failed').count()).toBe(1);
    await page.locator('#files').setInputFiles({ name: 'large', mimeType: '', buffer: Buffer.alloc(200) });
    await page.getByText('is over 100 bytes').waitFor();
    found.push(...(await violations(page)));
    await page.getByRole('button', { name: 'Delete all' }).click();
    found.push(...(await violations(page)));
    expect(found).toEqual([]);
  },
);

test('asks for the token, takes it from nobody else, and shows it nowhere', async () => {
  const heard: unknown[] = [];
  const hear = (...said: unknown[]) => heard.push(said);
  const logger = { debug: hear, info: hear, warn: hear, error: hear };
  const { page, problems, requests } = await open({ token: TOKEN, logger });
  await page.getByLabel('Token').waitFor();
  expect(await violations(page)).toEqual([]);
  await page.getByLabel('Token').fill('wrong-token');
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.getByText('This token was not accepted.').waitFor();
  // What cannot stand in a header at all.
  await page.getByLabel('Token').fill('пароль');
  await page.getByRole('button', { name: 'Continue' }).click();
  await expect.poll(() => page.getByLabel('Token').inputValue()).toBe('');
  expect(await page.getByLabel('Token').isVisible()).toBe(true);
  await page.getByLabel('Token').fill(TOKEN);
  await page.keyboard.press('Enter');
  await expect.poll(() => page.locator('#connection').textContent()).toBe('Live');
  await dropFiles(page, ['secret.pdf', 'fails.pdf']);
  await expect.poll(() => rowsIn(page, 'Succeeded').count()).toBe(1);
  await page.reload();
  await expect.poll(() => rowsIn(page, 'Succeeded').count()).toBe(1);
  const html = await page.content();
  const values = await page
    .locator('input')
    .evaluateAll((all) => all.map((it) => (it as HTMLInputElement).value));
  const told = JSON.stringify([html, values, heard, problems, requests.map((request) => request.url)]);
  expect(told).not.toContain(TOKEN);
  expect(told).not.toContain(API_TOKEN);
  // The browser itself notes each 401.
  expect(problems.filter((text) => !text.includes('401'))).toEqual([]);
});

test('an answer that is not the server’s own is a failed upload, not one that goes on for ever', async () => {
  const { page, problems } = await open();
  const files = '**/backend/files?*';
  await page.route(files, (route) => route.fulfill({ status: 200, body: '<h1>Please log in</h1>' }));
  await dropFiles(page, ['a.pdf']);
  await page.getByText('The server answered 200.').waitFor();
  await page.unroute(files);
  await page.getByRole('button', { name: 'Try again' }).click();
  await expect.poll(() => rowsIn(page, 'Succeeded').count()).toBe(1);
  expect(problems).toEqual([]);
});

test('a file that fails stays on the page with its reason, and can be tried again or dismissed', async () => {
  const { page } = await open({ maxFileBytes: 1_000 });
  await page.locator('#files').setInputFiles([
    { name: 'large.bin', mimeType: '', buffer: Buffer.alloc(2_000) },
    { name: 'small.bin', mimeType: '', buffer: Buffer.alloc(1) },
  ]);
  await page.getByText('1 of 2 files failed.').waitFor();
  expect(await page.locator('.failures').textContent()).toBe(
    'large.bin: the file is over 1000 bytes, which is the limit',
  );
  await page.getByRole('button', { name: 'Try again' }).click();
  await page.getByText('1 of 2 files failed.').waitFor();
  await expect.poll(() => rowsIn(page, 'Succeeded').count()).toBe(1);
  await page.getByRole('button', { name: 'Dismiss' }).click();
  expect(await page.locator('.upload').count()).toBe(0);
});

test('polls where the event stream cannot be had', async () => {
  const { page } = await open({ streams: 0 });
  await expect.poll(() => page.locator('#connection').textContent()).toBe('Updated every 2 s');
  await dropFiles(page, ['polled.pdf']);
  await expect.poll(() => rowsIn(page, 'Succeeded').count()).toBe(1);
});

test('two pages show the same, and a phone shows it without scrolling sideways', async () => {
  const { page, url } = await open();
  const phone = await openPage(browser, url, { viewport: { width: 360, height: 640 } });
  onTestFinished(() => phone.context.close());
  await dropFiles(page, [
    'a-rather-long-name-of-a-file-without-any-break-in-it-at-all.pdf',
    'fails',
    'hangs',
  ]);
  await expect.poll(() => rowsIn(phone.page, 'Succeeded').count()).toBe(1);
  await expect.poll(() => rowsIn(phone.page, 'Running').count()).toBe(1);
  expect(await phone.page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
  await phone.page.getByRole('button', { name: 'Delete all' }).click();
  await phone.page.getByRole('dialog').getByRole('button', { name: 'Delete all' }).click();
  await expect.poll(() => page.locator('#rows tr').count()).toBe(0);
});

test('an upload shows how far it is and can be cancelled', async () => {
  const { page } = await open();
  await slowDown(page);
  await page
    .locator('#files')
    .setInputFiles({ name: 'slow.bin', mimeType: '', buffer: Buffer.alloc(20_000_000) });
  await expect
    .poll(() => page.locator('.upload .detail').textContent())
    .toMatch(/^0 of 1 sent, [1-9]\d* % slow\.bin$/);
  expect(await page.getByRole('progressbar', { name: 'Sending one file' }).isVisible()).toBe(true);
  await page.getByRole('button', { name: 'Cancel' }).click();
  await page.getByText('Cancelled.').waitFor();
  expect(await page.locator('#rows tr').count()).toBe(0);
});
