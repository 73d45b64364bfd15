import {
  ClosedError,
  ConfigError,
  InconsistentClusterError,
  NodeUnavailableError,
  RolledBackError,
} from 'holdfast';

/** What a caller gets. */
export interface Answer {
  readonly status: number;
  /** Text as it is, anything else as JSON; nothing without it. */
  readonly body?: string | object;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * The answer for what an operation threw: each of its endings has a status of its own. Messages name the addresses of
 * nodes, so they go to the log; the caller gets the code, and the operation's id to ask about.
 */
export function answerTo(error: unknown): Answer {
  if (error instanceof InconsistentClusterError) {
    const nodes = error.nodes.map(({ node }) => node);
    return { status: 500, body: { error: error.code, operationId: error.operationId, nodes } };
  }
  if (error instanceof NodeUnavailableError || error instanceof RolledBackError) {
    const { code, operationId } = error;
    return { ...NOT_NOW, body: { error: code, operationId } };
  }
  if (error instanceof ClosedError) return { ...NOT_NOW, body: { error: error.code } };
  if (error instanceof ConfigError) return { status: 400, body: { error: error.message } };
  return { status: 500, body: { error: 'INTERNAL' } };
}

/** Nothing was done, or nothing is left of it. */
export const NOT_NOW = { status: 503, headers: { 'retry-after': '1' } } as const;
