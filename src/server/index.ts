/**
 * Servers to deploy, or to mount in one of your own.
 *
 * @module holdfast/server
 */
export { configActionApp } from './config-action/config-action-app.ts';
export type { ConfigActionAppOptions, ServedPods } from './config-action/options.ts';
export { type FileDropApp, fileDropApp } from './file-drop/file-drop-app.ts';
export type { FileDropAppOptions } from './file-drop/options.ts';
export type { FileEntry } from './file-drop/upload-route.ts';
export { type RunningServer, type ServedApp, type ServeOptions, serve } from './serve.ts';
export {
  type JobStore,
  JobStoreError,
  type PageOfJobs,
  type StartOutcome,
  type StartParams,
  type StoredStart,
} from './syncrator/job-store.ts';
export { kubernetesRunner } from './syncrator/kubernetes/kubernetes-runner.ts';
export type { KubernetesRunnerOptions } from './syncrator/kubernetes/runner-options.ts';
export type { GrantedToken, LoginFunction, OAuthServer } from './syncrator/login.ts';
export type { SyncratorAppOptions } from './syncrator/options.ts';
export {
  type ParamsFolder,
  type PredefinedParams,
  type PredefinedStart,
  paramsFolder,
} from './syncrator/params-folder.ts';
export type { BeforeStart, Runner, StartPlan } from './syncrator/runner.ts';
export { SolrError } from './syncrator/solr-admin.ts';
export type { SolrStandbyOptions } from './syncrator/solr-options.ts';
export { solrStandby } from './syncrator/solr-standby.ts';
export { type SqliteJobStoreOptions, sqliteJobStore } from './syncrator/sqlite-job-store.ts';
export { syncratorApp } from './syncrator/syncrator-app.ts';
export type { JwtTokens, TokenVerifier } from './syncrator/token-check.ts';
