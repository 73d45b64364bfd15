import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ResourceRequest } from '../api/request-info.ts';

/** A request that goes through the API server to a pod, its body not read yet. */
export interface PodRequest {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly info: ResourceRequest;
  readonly query: URLSearchParams;
  /** The query as it was sent, with its `?`; empty where there was none. */
  readonly search: string;
}
