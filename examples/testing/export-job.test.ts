import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connectKubernetes } from 'holdfast';
import { FaultPlan, type Image, startMiniKubernetes } from 'holdfast/testing';
import { runExport } from './export-job.ts';

test('an export runs as a Job, once, though answers are lost and it is asked for twice', async () => {
  const days: (string | undefined)[] = [];
  const exporter: Image = async ({ env, log }) => {
    days.push(env['DAY']);
    log('17 orders');
  };
  const faults = FaultPlan.script([
    { node: 'kubernetes', method: 'POST', fault: 'reset-after' },
    { node: 'kubernetes', method: 'WATCH', fault: 'reset-after' },
    { node: 'kubernetes', method: 'GET', fault: 'unavailable' },
  ]);
  await using mini = await startMiniKubernetes({ images: { 'acme/export': exporter }, faults });
  await using kube = connectKubernetes({
    kubeconfig: mini.kubeconfig,
    retry: { attempts: 5, baseDelay: 10 },
  });
  assert.equal(await runExport(kube, '2026-01-31'), '17 orders');
  assert.equal(await runExport(kube, '2026-01-31'), '17 orders');
  assert.deepEqual(days, ['2026-01-31']);
});

test('an export that fails is told with its last words', async () => {
  const exporter: Image = async ({ log }) => {
    log('reading orders');
    log('the disk is full');
    return 3;
  };
  await using mini = await startMiniKubernetes({ images: { 'acme/export': exporter } });
  await using kube = connectKubernetes({ kubeconfig: mini.kubeconfig });
  await assert.rejects(runExport(kube, '2026-02-01'), /export-2026-02-01 failed: the disk is full/);
});
