import {
  type ConfigActionAppOptions,
  configActionApp,
  type FileDropApp,
  type FileDropAppOptions,
  fileDropApp,
  type JobStore,
  type KubernetesRunnerOptions,
  kubernetesRunner,
  type Runner,
  type RunningServer,
  type ServedApp,
  type ServeOptions,
  type SolrStandbyOptions,
  type SyncratorAppOptions,
  serve,
  solrStandby,
  type sqliteJobStore,
  syncratorApp,
} from 'holdfast/server';
import type { Hono } from 'hono';
import { expectTypeOf, it } from 'vitest';
import type { MutableKeys } from './mutable-keys.ts';

declare const app: Hono;

it('each system has an app of Hono', () => {
  expectTypeOf(configActionApp).toEqualTypeOf<(options: ConfigActionAppOptions) => Hono>();
  expectTypeOf(fileDropApp).toEqualTypeOf<(options: FileDropAppOptions) => FileDropApp>();
  expectTypeOf<FileDropApp>().toExtend<Hono & AsyncDisposable>();
  expectTypeOf(syncratorApp).toEqualTypeOf<(options: SyncratorAppOptions) => Hono>();
});

it('serve takes whatever answers requests', () => {
  expectTypeOf(serve).toEqualTypeOf<(app: ServedApp, options?: ServeOptions) => Promise<RunningServer>>();
  expectTypeOf<Hono>().toExtend<ServedApp>();
  expectTypeOf<RunningServer>().toExtend<AsyncDisposable>();
  expectTypeOf<RunningServer['url']>().toEqualTypeOf<string>();
  expectTypeOf<RunningServer['close']>().toEqualTypeOf<() => Promise<void>>();
  void serve({ fetch: () => new Response('well') }, { port: 0, hostname: '::1', token: 't' });
  // @ts-expect-error `hostname` it is.
  void serve(app, { host: '::1' });
  // @ts-expect-error Only 'none' has to be said.
  void serve(app, { auth: 'basic' });
});

it('what stands behind the syncrator can be the user’s own', () => {
  expectTypeOf<ReturnType<typeof sqliteJobStore>>().toEqualTypeOf<JobStore>();
  expectTypeOf(kubernetesRunner).toEqualTypeOf<(options: KubernetesRunnerOptions) => Runner>();
  expectTypeOf(solrStandby).parameters.toEqualTypeOf<[options: SolrStandbyOptions]>();
  // @ts-expect-error `url` it is.
  solrStandby({ baseUrl: 'http://solr' });
});

it('options are readonly and without typos', () => {
  type Options =
    | ConfigActionAppOptions
    | FileDropAppOptions
    | KubernetesRunnerOptions
    | SolrStandbyOptions
    | SyncratorAppOptions
    | ServeOptions;
  expectTypeOf<MutableKeys<Options>>().toEqualTypeOf<never>();
  const more: Partial<FileDropAppOptions> = { maxFileBytes: 1, token: 't' };
  // @ts-expect-error `maxFileBytes` it is.
  const typo: Partial<FileDropAppOptions> = { ...more, maxFileSize: 1 };
  // @ts-expect-error A secret is in an object, and a function or 'none' stands alone.
  const auth: SyncratorAppOptions['auth'] = 'a secret';
  expectTypeOf([typo, auth]).not.toBeAny();
});
