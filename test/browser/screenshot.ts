import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { Image } from '../../src/testing/mini-kubernetes/kubelet/image.ts';
import { startDropServer } from '../server/file-drop/drop-server.ts';
import { dropFiles, launch, openPage, rowsIn, slowDown } from './open-page.ts';

// npm run screenshot: docs/images/file-drop.png, of a page with 50 files in every phase.

const FAILED = ['003', '037', '041'];
const RUNNING = ['005', '010', '015', '020', '036', '039', '040', '044'];

const folder = join(import.meta.dirname, '../../docs/images');
const names = Array.from({ length: 45 }, (_, at) => `invoice-2026-${String(at + 1).padStart(3, '0')}.pdf`);
const isOne = (name: string, numbers: readonly string[]) => numbers.some((number) => name.includes(number));

const processor: Image = async ({ env, signal }) => {
  const { FILENAME: name = '' } = env;
  // So long that what they took can be read.
  if (!isOne(name, FAILED)) await setTimeout(isOne(name, RUNNING) ? 600_000 : 2_000, undefined, { signal });
  return isOne(name, FAILED) ? 4 : 0;
};

const dropped = await startDropServer({}, { images: { 'acme/processor': processor } });
// Its image is not there, so that what is dropped here waits.
const queued = await startDropServer({ kube: dropped.kube, image: 'acme/not-there:1' });
const browser = await launch();
try {
  const { page } = await openPage(browser, dropped.url, { viewport: { width: 900, height: 1_000 } });
  await dropFiles(page, names);
  await rowsIn(page, 'Running')
    .nth(names.length - 10)
    .waitFor();
  await rowsIn(page, 'Succeeded')
    .nth(names.length - FAILED.length - RUNNING.length - 1)
    .waitFor();
  const others = await openPage(browser, queued.url);
  const contracts = Array.from({ length: 5 }, (_, at) => `contract-${at + 1}.docx`);
  await dropFiles(others.page, contracts);
  await rowsIn(page, 'Pending')
    .nth(contracts.length - 1)
    .waitFor();
  await page.locator('.upload').waitFor({ state: 'detached' });
  await slowDown(page);
  await page.locator('#files').setInputFiles([
    { name: 'scan-1.tiff', mimeType: '', buffer: Buffer.alloc(2_000_000) },
    { name: 'scan-2.tiff', mimeType: '', buffer: Buffer.alloc(2_000_000) },
  ]);
  await page.locator('.upload .detail', { hasText: /(?:[4-7]\d|3[5-9]) %/ }).waitFor();
  await mkdir(folder, { recursive: true });
  await page.screenshot({ path: join(folder, 'file-drop.png') });
} finally {
  await browser.close();
  await queued.close();
  await dropped.close();
}
