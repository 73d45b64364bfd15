import { access } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { deployed } from './deployed.ts';
import { readCopy, readDockerfile, said } from './dockerfile.ts';
import { find } from './manifests.ts';

const ROOT = new URL('../../', import.meta.url);

test('all that the image is made of is there', async () => {
  const stages = await readDockerfile();
  const names = stages.map(({ name }) => name);
  expect(stages.map(({ base }) => base)).toEqual(['node:24-slim', 'node:24-slim']);
  for (const copy of stages.flatMap((stage) => said(stage, 'COPY')).map(readCopy)) {
    if (copy.from === '') {
      await Promise.all(copy.sources.map((path) => access(new URL(path, ROOT))));
    } else expect(names).toContain(copy.from);
  }
});

test('the image runs the processor of dropped files, or the example that is named, as a user without rights', async () => {
  const last = (await readDockerfile()).at(-1);
  if (last === undefined) throw new Error('an empty Dockerfile');
  expect(said(last, 'ENTRYPOINT')).toEqual(['["node"]']);
  expect(said(last, 'CMD')).toEqual(['["examples/file-drop-processor.ts"]']);
  await access(new URL('examples/file-drop-processor.ts', ROOT));
  const [user = ''] = said(last, 'USER');
  expect(Number(user)).toBeGreaterThan(0);
  expect(said(last, 'RUN')).toContain(`mkdir /output && chown ${user}:${user} /output`);
  for (const folder of ['file-drop', 'syncrator']) {
    const { securityContext } = find(await deployed(folder), 'Deployment').spec.template.spec;
    expect(securityContext).toEqual({ fsGroup: Number(user) });
  }
});
