import { openSlots } from '../../src/core/concurrency.ts';
import { processFile } from '../../src/file-drop/process-file.ts';
import { processorOptions } from '../../src/file-drop/processor-env.ts';
import { processorExitCode } from '../../src/file-drop/processor-error.ts';
import type { Image, ImageContext } from '../../src/testing/mini-kubernetes/kubelet/image.ts';
import { serve } from '../http/loopback.ts';
import { folder } from './drop-cluster.ts';

/** An API that counts what it was sent, by the content of the file, and refuses what says so. */
export async function rebuildApi() {
  const counts = new Map<string, number>();
  const names = new Map<string, string>();
  const tokens = new Set<string | undefined>();
  const url = await serve((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const [, head = '', text = ''] =
        /^(.*?)\r\n\r\n(.*)\r\n--/s.exec(Buffer.concat(chunks).toString()) ?? [];
      counts.set(text, (counts.get(text) ?? 0) + 1);
      names.set(text, /filename="([^"]*)"/.exec(head)?.[1] ?? '');
      tokens.add(request.headers.authorization);
      if (text === 'bad') response.writeHead(422).end();
      else response.end(`rebuilt ${text}`);
    });
  });
  /** `names`: the file name that the form had, by the content. */
  return { url, counts, names, tokens };
}

/** The real processor as an image, which counts how often it was started for each file name or index. */
export async function processorImage(name = nameOf) {
  const outputDirectory = await folder();
  const starts = new Map<string, number>();
  // A cluster has so many places for pods, and not five thousand.
  const slots = openSlots(40);
  const image: Image = async (container) => {
    const { env, log, signal } = container;
    const started = name(container);
    starts.set(started, (starts.get(started) ?? 0) + 1);
    const leave = await slots.take();
    try {
      await processFile(await processorOptions(env, { outputDirectory, signal }));
      return 0;
    } catch (error) {
      log(String(error));
      return processorExitCode(error);
    } finally {
      leave();
    }
  };
  return { image, starts, outputDirectory };
}

const nameOf = ({ env }: ImageContext) => env['FILENAME'] ?? env['JOB_COMPLETION_INDEX'] ?? '';
