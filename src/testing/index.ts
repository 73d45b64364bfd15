export { FaultPlan } from './fault-plan.ts';
export type { Fault, FaultKind, FaultRates, FaultRequest, FaultStep, FaultTiming } from './fault-schema.ts';
export { type GroupNodes, type GroupNodesOptions, startGroupNodes } from './group-nodes.ts';
export type { GroupRecord } from './group-records.ts';
