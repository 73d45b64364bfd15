import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';

/** Debian's, or where CHROMIUM says. */
const EXECUTABLE = process.env['CHROMIUM'] ?? '/usr/bin/chromium';

export function launch(): Promise<Browser> {
  if (!existsSync(EXECUTABLE)) {
    throw new Error(`there is no ${EXECUTABLE}: apt-get install chromium, or say where it is by CHROMIUM`);
  }
  return chromium.launch({ executablePath: EXECUTABLE, args: ['--no-sandbox', '--disable-dev-shm-usage'] });
}

/** A page with all that went wrong in it, and every request that it made. */
export async function openPage(browser: Browser, url: string, options: BrowserContextOptions = {}) {
  const context = await browser.newContext({ viewport: { width: 1_000, height: 800 }, ...options });
  const page = await context.newPage();
  const problems: string[] = [];
  const requests: { readonly url: string; readonly headers: Record<string, string> }[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') problems.push(message.text());
  });
  page.on('pageerror', (error) => problems.push(String(error)));
  page.on('request', (request) => requests.push({ url: request.url(), headers: request.headers() }));
  await page.goto(url);
  return { page, context, problems, requests };
}

/** Drops files on the box, as a mouse does. */
export async function dropFiles(page: Page, names: readonly string[]): Promise<void> {
  await page.evaluate((all) => {
    const dataTransfer = new DataTransfer();
    for (const name of all) dataTransfer.items.add(new File([`bytes of ${name.slice(0, 50)}`], name));
    for (const type of ['dragover', 'drop']) {
      const event = new DragEvent(type, { dataTransfer, bubbles: true, cancelable: true });
      document.querySelector('#drop')?.dispatchEvent(event);
    }
  }, names);
}

/** As slow as a bad line, so that there is something to see of an upload. */
export async function slowDown(page: Page): Promise<void> {
  const session = await page.context().newCDPSession(page);
  await session.send('Network.enable');
  await session.send('Network.emulateNetworkConditions', {
    offline: false,
    latency: 0,
    downloadThroughput: -1,
    uploadThroughput: 500_000,
  });
}

/** The names that a table shows, as text. */
export const shownNames = (page: Page): Promise<string[]> =>
  page.locator('#rows tr .name').evaluateAll((all) => all.map(({ textContent }) => textContent ?? ''));

export const rowsIn = (page: Page, phase: string) => page.locator(`#rows .phase.${phase}`);

const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

/** What axe-core finds wrong with the page as it is now. */
export async function violations(page: Page): Promise<string[]> {
  const { readFile } = await import('node:fs/promises');
  // As text of the test's own, for the page's policy lets no script in.
  await page.evaluate(await readFile(AXE, 'utf8'));
  return page.evaluate(async () => {
    const { axe } = globalThis as unknown as { axe: typeof import('axe-core') };
    const { violations: found } = await axe.run();
    return found.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
  });
}
