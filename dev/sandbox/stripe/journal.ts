/** One request to the API. */
export interface RecordedRequest {
  id: string;
  at: number;
  method: string;
  path: string;
  params: unknown;
  idempotencyKey: string | null;
  replayed: boolean;
  status: number;
}

const capacity = 2000;

/** The latest requests, oldest first, for tests. */
export class Journal {
  private list: RecordedRequest[] = [];

  add(request: RecordedRequest): void {
    this.list.push(request);
    if (this.list.length > capacity) this.list.shift();
  }

  seen(match = ''): RecordedRequest[] {
    return this.list.filter(({ method, path }) => `${method} ${path}`.includes(match));
  }

  clear(): void {
    this.list = [];
  }
}
