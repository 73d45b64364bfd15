/** What one call cost, over all the sagas it drove. */
export class Cost {
  requests = 0;
  retries = 0;
  /** Milliseconds until no attempt of the last of them can take effect any more. */
  unsettledFor = 0;

  add({ requests, retries, unsettledFor }: Pick<Cost, 'requests' | 'retries' | 'unsettledFor'>): void {
    this.requests += requests;
    this.retries += retries;
    this.unsettledFor = Math.max(this.unsettledFor, unsettledFor);
  }
}

/** Counts what the operations of a run cost, however each ends. */
export interface Meter {
  requests: number;
  retries: number;
}
