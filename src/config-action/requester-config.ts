import type { NamePattern } from './name-pattern.ts';
import type { UrlTemplate } from './url-template.ts';

/** One API endpoint of a pod. */
export interface ConfigEndpoint {
  /** By which requests name it. */
  readonly name: string;
  /** The method of its requests. */
  readonly type: 'GET' | 'POST';
  /** As it stands in the config: `http://{node}:{port}/path`, where `{{` and `}}` are braces. */
  readonly url: string;
  /** @internal */
  readonly template: UrlTemplate;
  /** Sent as they are. */
  readonly headers: Readonly<Record<string, string>>;
  /** Of a POST the JSON body, of a GET the query. */
  readonly params: Readonly<Record<string, unknown>>;
  /** A GET that is repeated with the `paginationCursor` of each answer until there is none. */
  readonly paged: boolean;
}

/** Which pods. All of the filters must hold; without any, every pod of the namespace is meant. */
export interface ConfigTarget {
  /** By which actions name it. */
  readonly name: string;
  /** A service: the pod has every label of its selector. */
  readonly service?: string;
  /** A StatefulSet: the pod belongs to it and to nothing else. */
  readonly statefulSet?: string;
  /** A regular expression, as Python's `re.search` reads it, that is found in the pod's name. */
  readonly nameTemplate?: string;
  /** @internal */
  readonly namePattern?: NamePattern;
  /** What `{port}` in a url becomes. */
  readonly port: number;
}

/** An endpoint, and how often it is tried. */
export interface ConfigRequest {
  /** By which actions name it. */
  readonly name: string;
  /** Where it goes. */
  readonly endpoint: ConfigEndpoint;
  /** How many more attempts a failed one is followed by. */
  readonly retries: number;
  /** Milliseconds before each of them; `retry_delay` of the config is in seconds. */
  readonly retryDelay: number;
}

/** In which order the pods of an action come: by name (code points), drawn, or (`null`) as they are listed. */
export type PodOrder = 'ascending' | 'descending' | 'random' | null;

/** Whether a pod gets all requests before the next pod, or a request goes to all pods before the next request. */
export type LoopOrder = 'foreach_pod_make_all_requests' | 'foreach_request_target_each_pod';

/** An action as the config has it, its references resolved. */
export interface ActionSettings {
  readonly name: string;
  readonly requests: readonly ConfigRequest[];
  readonly targets: readonly ConfigTarget[];
  readonly podStartIndex: number;
  readonly podCount: number | 'all';
  readonly order: PodOrder;
  readonly loopOrder: LoopOrder;
}
