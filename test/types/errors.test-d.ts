import {
  type AuthenticationError,
  type ClosedError,
  ConfigError,
  type ConfigIssue,
  type ConnectionError,
  HoldfastError,
  HttpError,
  JobDeletedError,
  type JobDetail,
  KubernetesError,
  type NodeResult,
  NodeUnavailableError,
  RolledBackError,
  type TimeoutError,
} from 'holdfast';
import { expectTypeOf, it } from 'vitest';
import type { MutableKeys } from './mutable-keys.ts';

type Own<T> = Omit<T, keyof Error>;

it('every error is a HoldfastError with a code', () => {
  expectTypeOf<HoldfastError>().toExtend<Error>();
  expectTypeOf<Own<HoldfastError>>().toEqualTypeOf<{ readonly code: string; readonly retryable: boolean }>();
  type Errors =
    | AuthenticationError
    | ClosedError
    | ConfigError
    | ConnectionError
    | HttpError
    | JobDeletedError
    | KubernetesError
    | NodeUnavailableError
    | RolledBackError
    | TimeoutError;
  expectTypeOf<Errors>().toExtend<HoldfastError>();
  expectTypeOf<MutableKeys<Own<Errors>>>().toEqualTypeOf<never>();
});

it('instanceof tells what data an error has', () => {
  const caught: unknown = undefined;
  if (caught instanceof ConfigError) expectTypeOf(caught.issues).toEqualTypeOf<readonly ConfigIssue[]>();
  if (caught instanceof HttpError) {
    expectTypeOf(caught.status).toEqualTypeOf<number>();
    expectTypeOf([caught.url, caught.method, caught.body]).toEqualTypeOf<string[]>();
  }
  if (caught instanceof KubernetesError) expectTypeOf(caught.status).toEqualTypeOf<number>();
  if (caught instanceof RolledBackError) {
    expectTypeOf(caught.nodes).toEqualTypeOf<readonly NodeResult[]>();
    expectTypeOf(caught.cause).toBeUnknown();
  }
  if (caught instanceof NodeUnavailableError) {
    expectTypeOf(caught.operation).toEqualTypeOf<'create' | 'delete' | 'read'>();
  }
  if (caught instanceof JobDeletedError) expectTypeOf(caught.job).toEqualTypeOf<JobDetail>();
  if (caught instanceof HoldfastError) expectTypeOf(caught.retryable).toBeBoolean();
});

it('an issue tells where it is, as far as that is known', () => {
  expectTypeOf<ConfigIssue>().toEqualTypeOf<{
    readonly path: string;
    readonly message: string;
    readonly source?: string;
    readonly line?: number;
    readonly column?: number;
  }>();
});
