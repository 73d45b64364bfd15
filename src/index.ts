/**
 * Clients, runs, Kubernetes, actions, drops and synchronisation jobs.
 *
 * @module holdfast
 */
export type { AuditSummary, GroupAudit, Presence } from './cluster/audit.ts';
export type { BulkOptions, RecoverOptions } from './cluster/bulk-options.ts';
export type { BulkSummary, GroupOutcome } from './cluster/bulk-result.ts';
export { ClusterClient } from './cluster/cluster-client.ts';
export type {
  ClusterNode,
  DialectAnswer,
  DialectContext,
  DialectRequest,
  GroupDialect,
  OperationId,
  Verdict,
} from './cluster/dialect.ts';
export {
  type FailedAttempt,
  InconsistentClusterError,
  NodeUnavailableError,
  RolledBackError,
} from './cluster/errors.ts';
export { type FileJournalOptions, fileJournal } from './cluster/file-journal/file-journal.ts';
export type { Journal, JournalEnd, JournalEntry, JournalNode, OpenEntry } from './cluster/journal.ts';
export { type MemoryJournalOptions, memoryJournal } from './cluster/memory-journal.ts';
export type { NodeList } from './cluster/node-list.ts';
export type { OperationEvent } from './cluster/operations.ts';
export type { CallOptions, ClusterClientOptions } from './cluster/options.ts';
export type { GroupResult, NodeResult } from './cluster/result.ts';
export type { ClusterStats } from './cluster/stats.ts';
export type { ActionOptions, PlanOptions } from './config-action/action-options.ts';
export type { ActionSummary } from './config-action/action-summary.ts';
export type { AnswerGroup } from './config-action/answer-groups.ts';
export type { CallResult, PagedResponse, PlannedCall, PodResponse } from './config-action/call.ts';
export type { BatchSize } from './config-action/call-plan.ts';
export { ConfigAction, type RequesterConfig } from './config-action/config-action.ts';
export {
  type KubernetesPods,
  type KubernetesPodsOptions,
  kubernetesPods,
} from './config-action/kubernetes-pods.ts';
export type { Latency } from './config-action/latency.ts';
export { loadConfig, parseConfig } from './config-action/load-config.ts';
export type { LeftOutPod } from './config-action/pod-picks.ts';
export type { PodSource, SelectedPod } from './config-action/pod-source.ts';
export type {
  ConfigEndpoint,
  ConfigRequest,
  ConfigTarget,
  LoopOrder,
  PodOrder,
} from './config-action/requester-config.ts';
export { type StaticPod, staticPods } from './config-action/static-pods.ts';
export type { Clock, Random, TimerOptions } from './core/clock.ts';
export {
  ClosedError,
  ConfigError,
  type ConfigIssue,
  ConnectionError,
  HoldfastError,
  HttpError,
  TimeoutError,
} from './core/errors.ts';
export type { FailAbove } from './core/fail-above.ts';
export type { Hold, Lock, LockOptions, ReleaseOptions } from './core/lock.ts';
export type { Logger } from './core/observe.ts';
export type { RateLimit } from './core/rate-limit.ts';
export type { RerunKind } from './core/rerun.ts';
export type { RetryPolicy } from './core/retry.ts';
export { Run } from './core/run.ts';
export type { Progress, RunOptions } from './core/run-options.ts';
export type { RunSummary } from './core/run-task.ts';
export { type Shard, shardOf } from './core/shard.ts';
export { type DiskStoreOptions, diskStore } from './file-drop/disk-store.ts';
export type { DropFile } from './file-drop/drop-file.ts';
export {
  type DeletedJobs,
  type DropCallOptions,
  type DropWatchOptions,
  FileDropScheduler,
} from './file-drop/file-drop-scheduler.ts';
export { dropFileId } from './file-drop/file-id.ts';
export {
  type DropRecord,
  type FileBytes,
  type FileStore,
  FileStoreError,
  type IndexedFiles,
  type NewFile,
  type PutOptions,
  positionOf,
  type StoredFile,
} from './file-drop/file-store.ts';
export type { JobDefaults, JobResources } from './file-drop/job-defaults.ts';
export type { SecretKey } from './file-drop/job-manifest.ts';
export { type ProcessedFile, processFile } from './file-drop/process-file.ts';
export { processorOptions } from './file-drop/processor-env.ts';
export { ProcessorError, type ProcessorStage, processorExitCode } from './file-drop/processor-error.ts';
export type { ProcessorOptions } from './file-drop/processor-options.ts';
export type { ProcessorPod } from './file-drop/processor-pod.ts';
export type { ScheduledFile, ScheduleOptions, ScheduleSummary } from './file-drop/schedule-result.ts';
export type { FileDropOptions } from './file-drop/scheduler-options.ts';
export type { DropFollowOptions, Durations, TrafficSummary } from './file-drop/traffic.ts';
export type {
  KubernetesCallOptions,
  KubernetesDeleteCollectionOptions,
  KubernetesDeleteOptions,
  KubernetesListOptions,
  KubernetesWatchOptions,
  PodLogOptions,
  PropagationPolicy,
} from './kube/call-options.ts';
export { connectKubernetes } from './kube/connect-kubernetes.ts';
export { KubernetesError, type StatusCause, type StatusDetails } from './kube/errors.ts';
export type { Kubernetes } from './kube/kubernetes.ts';
export { leaseLock } from './kube/lease-lock.ts';
export type { LeaseOptions } from './kube/lease-options.ts';
export type { KubernetesOptions } from './kube/options.ts';
export type { PodAnswer, PodRequest } from './kube/pods.ts';
export type { KubernetesObject, KubernetesResource } from './kube/resources.ts';
export type { KubernetesWatchEvent } from './kube/watch-buffer.ts';
export type { ListOptions, SyncratorCallOptions } from './syncrator/call-options.ts';
export {
  AuthenticationError,
  JobDeletedError,
  JobFailedError,
  UnexpectedAnswerError,
} from './syncrator/errors.ts';
export type { FollowOptions, FollowProgress, JobSummary } from './syncrator/follow-options.ts';
export type {
  AccessToken,
  Credentials,
  DryRun,
  Job,
  JobAction,
  JobDetail,
  JobParams,
  JobStatus,
  StartedJob,
  SyncJob,
} from './syncrator/job.ts';
export type { SyncratorOptions } from './syncrator/options.ts';
export type { Page, PageContent } from './syncrator/page.ts';
export { readParams } from './syncrator/read-params.ts';
export { SyncratorClient } from './syncrator/syncrator-client.ts';
export { processTemplate } from './syncrator/template.ts';
