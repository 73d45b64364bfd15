/** One node of a cluster. */
export interface ClusterNode {
  /** As results and errors call it. Unique among the nodes; `host:port` of the url where the list has no names. */
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
  /** Of a look at one record. `refused`: the node does not answer this question, and asking again does not help. */
  read: 'present' | 'absent' | 'refused' | 'later' | 'unknown';
  /** Of making a record. `exists`: there was one already. */
  create: 'done' | 'exists' | 'refused' | 'later' | 'unknown';
  /** Of removing a record. `missing`: there was none. */
  delete: 'done' | 'missing' | 'refused' | 'later' | 'unknown';
};

/** What a request is made for. */
export interface DialectContext {
  /** The node that it goes to. */
  readonly node: ClusterNode;
  /** The group that it is about. */
  readonly groupId: string;
  /** Of the operation that it belongs to; of an undo, of the operation that is undone. */
  readonly operationId: OperationId;
  /** `undo` asks for a delete of only the record that this very operation created, where the dialect can say so. */
  readonly purpose: 'forward' | 'undo';
}

/** A request as it is sent. */
export interface DialectRequest {
  /** `GET`, `POST` and so on. */
  readonly method: string;
  /** The whole url. */
  readonly url: string;
  /** Names and values. */
  readonly headers: Readonly<Record<string, string>>;
  /** Sent as it is. @default none */
  readonly body?: string;
}

/** A complete answer to a request. Where none came, no dialect is asked: that is `unknown`. */
export interface DialectAnswer {
  /** The HTTP status. */
  readonly status: number;
  /** The group that was asked about. */
  readonly groupId: string;
  /** As text. */
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
  /** The request that asks for the record of a group (`read`), makes it or removes it. Called for every attempt. */
  request<K extends keyof Verdict>(kind: K, context: DialectContext): DialectRequest;
  /** What the answer to such a request says. Whatever is not known for sure is `unknown`: it is then found out. */
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
