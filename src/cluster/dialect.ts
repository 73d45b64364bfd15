/** One node of a cluster. */
export interface ClusterNode {
  readonly name: string;
  /** The base url, http or https, without credentials. */
  readonly url: string;
}

/**
 * Names one operation: wall-clock seconds with six decimals, the last three of them random. In the header dialect it is
 * the timestamp stored with a record, which later proves whose record it is.
 */
export type OperationId = string;

/**
 * What an answer says. `unknown` says that it may have happened; `refused` and `later` that it did not. `exists` and
 * `missing` are the node's own words: anybody else's 404 is `unknown`.
 */
export type Verdict = {
  read: 'present' | 'absent' | 'refused' | 'later' | 'unknown';
  create: 'done' | 'exists' | 'refused' | 'later' | 'unknown';
  delete: 'done' | 'missing' | 'refused' | 'later' | 'unknown';
};

export interface DialectContext {
  readonly node: ClusterNode;
  readonly groupId: string;
  readonly operationId: OperationId;
  /** `undo` asks for a delete of only the record that this very operation created, where the dialect can say so. */
  readonly purpose: 'forward' | 'undo';
}

export interface DialectRequest {
  readonly method: string;
  /** The whole url. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface DialectAnswer {
  readonly status: number;
  /** The group that was asked about. */
  readonly groupId: string;
  readonly body: string;
  /** A header's value; the name in any case. */
  header(name: string): string | undefined;
}

/** The port for any record that is only its id: how to ask for it on one node, and what the answer means. */
export interface GroupDialect {
  /** Stands in journals. @default 'custom' */
  readonly name?: string;
  /** Whether a delete can be limited to the record that this operation created. */
  readonly provesOwnership: boolean;
  request<K extends keyof Verdict>(kind: K, context: DialectContext): DialectRequest;
  classify<K extends keyof Verdict>(kind: K, answer: DialectAnswer): Verdict[K];
  /**
   * Whether the node itself gave this answer. An `unknown` outcome in the node's own words is over: it happened or it did
   * not. One told by something in between may still happen, and is waited for (`settle`).
   * @default never
   */
  isOwnAnswer?(answer: DialectAnswer): boolean;
  /** Throws a `ConfigError` for nodes that this dialect cannot tell apart or cannot reach. */
  checkNodes?(nodes: readonly ClusterNode[]): void;
  /** Throws a `ConfigError` for an id that this dialect cannot carry. */
  checkGroupId?(groupId: string): void;
}

/** What a dialect is called in a journal. */
export const nameOf = ({ name = 'custom' }: GroupDialect): string => name;
