export { FaultPlan } from './fault-plan.ts';
export type { Fault, FaultKind, FaultRates, FaultRequest, FaultStep, FaultTiming } from './fault-schema.ts';
export { type ContractTest, type FileStoreSubject, fileStoreContract } from './file-store-contract.ts';
export { type GroupNodes, type GroupNodesOptions, startGroupNodes } from './group-nodes.ts';
export type { GroupRecord } from './group-records.ts';
export { type JournalSubject, journalContract } from './journal-contract.ts';
export { type LockSubject, lockContract } from './lock-contract.ts';
export type { AddedPod, AddedService } from './mini-kubernetes/added.ts';
export type { AccessRule, TokenGrant, Tokens } from './mini-kubernetes/api/access.ts';
export type { Image, ImageContext, Images } from './mini-kubernetes/kubelet/image.ts';
export {
  type MiniKubernetes,
  type MiniKubernetesOptions,
  startMiniKubernetes,
} from './mini-kubernetes/mini-kubernetes.ts';
export { type SyncratorHandlersOptions, syncratorHandlers } from './syncrator-handlers.ts';
export { type JobLife, SyncratorJobs, type SyncratorJobsOptions } from './syncrator-handlers-jobs.ts';
