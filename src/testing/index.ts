/**
 * Servers, faults, a simulator and contract suites for tests of your own.
 *
 * @module holdfast/testing
 */
export { FaultPlan } from './fault-plan.ts';
export type { Fault, FaultKind, FaultRates, FaultRequest, FaultStep, FaultTiming } from './fault-schema.ts';
export { type ContractTest, type FileStoreSubject, fileStoreContract } from './file-store-contract.ts';
export { type GroupNodes, type GroupNodesOptions, startGroupNodes } from './group-nodes.ts';
export type { GroupRecord } from './group-records.ts';
export {
  type JobStoreSubject,
  jobStoreContract,
  type ProgramReport,
} from './job-store-contract.ts';
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
export type { NetworkFault } from './simulation/network-faults.ts';
export { simulate } from './simulation/simulate.ts';
export type {
  SimulatedFaultRates,
  SimulatedRecords,
  SimulationContext,
  SimulationOptions,
} from './simulation/simulation-options.ts';
export { describeSimulation, type SimulationReport } from './simulation/simulation-report.ts';
export type { OperationEnding } from './simulation/tally.ts';
export { type SyncratorHandlersOptions, syncratorHandlers } from './syncrator-handlers.ts';
export { type JobLife, SyncratorJobs, type SyncratorJobsOptions } from './syncrator-handlers-jobs.ts';
export { type VirtualClock, virtualClock } from './virtual-clock.ts';
