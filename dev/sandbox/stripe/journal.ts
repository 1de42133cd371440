/** One request seen at the API. */
export interface Seen {
  id: string;
  at: number;
  method: string;
  path: string;
  params: unknown;
  idempotencyKey: string | null;
  replayed: boolean;
  status: number;
}

const kept = 2000;

/** The latest requests, oldest first, for a test to look at. */
export class Journal {
  private list: Seen[] = [];

  add(seen: Seen): void {
    this.list.push(seen);
    if (this.list.length > kept) this.list.shift();
  }

  seen(match = ''): Seen[] {
    return this.list.filter(({ method, path }) => `${method} ${path}`.includes(match));
  }

  clear(): void {
    this.list = [];
  }
}
