import {
  type AccessToken,
  type Credentials,
  type DryRun,
  type FollowOptions,
  type Job,
  type JobAction,
  type JobDetail,
  JobFailedError,
  type JobParams,
  type JobStatus,
  type JobSummary,
  type ListOptions,
  type Page,
  processTemplate,
  type Run,
  type RunSummary,
  readParams,
  type StartedJob,
  type SyncJob,
  type SyncratorCallOptions,
  SyncratorClient,
  type SyncratorOptions,
} from 'holdfast';
import { expectTypeOf, it } from 'vitest';
import type { MutableKeys } from './mutable-keys.ts';

declare const client: SyncratorClient;

it('SyncratorClient has the methods of the design', () => {
  expectTypeOf(SyncratorClient).constructorParameters.toEqualTypeOf<[options: SyncratorOptions]>();
  expectTypeOf(client.login).toEqualTypeOf<(credentials?: Credentials) => Promise<AccessToken>>();
  expectTypeOf(client.jobs).toEqualTypeOf<(options?: ListOptions) => Page<Job>>();
  expectTypeOf(client.syncJobs).toEqualTypeOf<(options?: ListOptions) => Page<SyncJob>>();
  expectTypeOf(client.job).toEqualTypeOf<
    (id: number, options?: SyncratorCallOptions) => Promise<JobDetail>
  >();
  expectTypeOf(client.deleteJob).toEqualTypeOf<
    (id: number, options?: SyncratorCallOptions) => Promise<Job>
  >();
  type Predefined<Result> = (
    action: JobAction,
    project: string,
    env?: string,
    options?: SyncratorCallOptions,
  ) => Promise<Result>;
  expectTypeOf(client.start).toEqualTypeOf<Predefined<StartedJob>>();
  expectTypeOf(client.dryRun).toEqualTypeOf<Predefined<DryRun>>();
  type Custom<Result> = (params: JobParams, options?: SyncratorCallOptions) => Promise<Result>;
  expectTypeOf(client.run).toEqualTypeOf<Custom<StartedJob>>();
  expectTypeOf(client.dryRunCustom).toEqualTypeOf<Custom<DryRun>>();
  expectTypeOf(client.follow).toEqualTypeOf<
    (id: number, options?: FollowOptions) => Run<JobDetail, JobSummary>
  >();
  expectTypeOf(client.close).toEqualTypeOf<() => Promise<void>>();
  expectTypeOf(client).toExtend<AsyncDisposable>();
});

it('a Page gives its own rows to who awaits it, and all rows to who iterates it', async () => {
  const page = await client.jobs({ page: 2 });
  expectTypeOf(page.items).toEqualTypeOf<Job[]>();
  expectTypeOf(page.page).toEqualTypeOf<number>();
  for await (const job of client.syncJobs()) expectTypeOf(job).toEqualTypeOf<SyncJob>();
});

it('a typo in the options does not compile', () => {
  expectTypeOf<MutableKeys<SyncratorOptions>>().toEqualTypeOf<never>();
  const baseUrl = 'http://127.0.0.1:8080';
  new SyncratorClient({ baseUrl, token: async () => 't', paths: 'project', retry: { attempts: 2 } });
  // @ts-expect-error `baseUrl` it is.
  new SyncratorClient({ baseURL: baseUrl });
  // @ts-expect-error Credentials have a password.
  new SyncratorClient({ baseUrl, credentials: { username: 'u' } });
  // @ts-expect-error There are two ways.
  new SyncratorClient({ baseUrl, paths: 'env' });
  // @ts-expect-error `page` it is.
  void client.jobs({ pages: 1 });
  // @ts-expect-error There is no such action.
  void client.start('synchronise', 'avo');
  // @ts-expect-error An id is a number.
  void client.job('1');
  // @ts-expect-error `interval` it is.
  void client.follow(1, { pollInterval: 1 });
  // @ts-expect-error The env is needed.
  void client.run({ target: 'avo', actionName: 'sync', action: 'sync', isTag: 'latest', options: '' });
});

it('jobs are readonly and hold what the design says', () => {
  expectTypeOf<
    MutableKeys<Job | SyncJob | JobDetail | JobParams | StartedJob | DryRun>
  >().toEqualTypeOf<never>();
  expectTypeOf<MutableKeys<AccessToken | Credentials>>().toEqualTypeOf<never>();
  expectTypeOf<MutableKeys<JobSummary>>().toEqualTypeOf<'rerun'>();
  expectTypeOf<JobAction>().toEqualTypeOf<'sync' | 'delta' | 'delete' | 'diff'>();
  expectTypeOf<JobStatus>().toEqualTypeOf<'starting' | 'running' | 'completed' | 'failed' | 'deleted'>();
  expectTypeOf<JobDetail>().toExtend<Job>();
  expectTypeOf<JobDetail['syncJob']>().toEqualTypeOf<SyncJob | undefined>();
  expectTypeOf<JobSummary>().toExtend<RunSummary<number>>();
  expectTypeOf<JobSummary['job']>().toEqualTypeOf<JobDetail>();
  expectTypeOf<StartedJob>().toExtend<JobParams>();
  expectTypeOf<StartedJob['jobId']>().toEqualTypeOf<number>();
  expectTypeOf<DryRun>().not.toHaveProperty('jobId');
  expectTypeOf<AccessToken>().toEqualTypeOf<{
    readonly accessToken: string;
    readonly expiresIn: number;
    readonly tokenType: string;
    readonly expiresAt: Date;
  }>();
});

it('a job that failed is in the error', () => {
  const caught: unknown = undefined;
  if (caught instanceof JobFailedError) expectTypeOf(caught.job).toEqualTypeOf<JobDetail>();
});

it('templates and parameters are read at once', () => {
  expectTypeOf(processTemplate).toEqualTypeOf<
    (template: string | object, params: Readonly<Record<string, string>>) => object[]
  >();
  expectTypeOf(readParams).toEqualTypeOf<(text: string) => Record<string, string>>();
});
