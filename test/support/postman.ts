import { setTimeout as pause } from 'node:timers/promises';
import { compileFunction } from 'node:vm';
import { expect as chaiExpect } from 'chai';

interface Auth {
  type: string;
  bearer?: { key: string; value: string }[];
}
interface Item {
  name: string;
  item?: Item[];
  event?: { listen: 'prerequest' | 'test'; script: { exec: string[] } }[];
  request?: {
    method: string;
    url: string;
    header: { key: string; value: string }[];
    body?: { mode: string; raw: string };
    auth?: Auth;
  };
}
export interface Collection extends Item {
  auth: Auth;
  variable: { key: string; value: string }[];
}

export interface CollectionReport {
  assertions: number;
  requests: string[];
  failures: string[];
}

/**
 * Runs a Postman collection (format 2.1) as Postman's collection runner does, as far as ours uses it: raw bodies, bearer
 * tokens, collection variables, `pm.test` with Chai's expectations, jumps to another request. Anything else throws.
 * @param environment the variables of the environment
 */
export async function runCollection(
  collection: Collection,
  environment: Record<string, string>,
): Promise<CollectionReport> {
  const run = new CollectionRun(collection, environment);
  const items = requests(collection);
  for (let at = 0; at < items.length;) {
    const next = await run.send(items[at] as Item);
    at = next === undefined ? at + 1 : items.findIndex(({ name }) => name === next);
    if (at < 0) throw new Error(`the collection has no request named ${next}`);
  }
  return run.report;
}

function requests(item: Item): Item[] {
  return item.item ? item.item.flatMap(requests) : [item];
}

class CollectionRun {
  readonly report: CollectionReport = { assertions: 0, requests: [], failures: [] };
  private readonly variables: Map<string, string>;

  constructor(
    private readonly collection: Collection,
    private readonly environment: Record<string, string>,
  ) {
    this.variables = new Map(collection.variable.map(({ key, value }) => [key, value]));
  }

  /** @returns the name of the request that a script wants next */
  async send(item: Item): Promise<string | undefined> {
    const { request } = item;
    if (!request) throw new Error(`${item.name} has no request`);
    await this.script(item, 'prerequest');
    this.report.requests.push(item.name);
    if (request.body && request.body.mode !== 'raw') throw new Error(`body mode ${request.body.mode}`);
    const response = await fetch(this.resolve(request.url), {
      method: request.method,
      headers: [
        ...request.header.map(({ key, value }): [string, string] => [key, value]),
        ...this.bearer(request.auth),
      ],
      body: request.body ? this.resolve(request.body.raw) : undefined,
    });
    return this.script(item, 'test', { status: response.status, text: await response.text() });
  }

  private bearer(auth: Auth = this.collection.auth): [string, string][] {
    if (auth.type === 'noauth') return [];
    const token = auth.bearer?.find(({ key }) => key === 'token')?.value;
    if (token === undefined) throw new Error(`authorization ${auth.type}`);
    return [['Authorization', `Bearer ${this.resolve(token)}`]];
  }

  private readonly resolve = (text: string): string =>
    text.replace(/\{\{(.+?)\}\}/g, (_, name: string) => {
      if (name === '$randomInt') return String(Math.floor(Math.random() * 1001));
      const value = this.variables.get(name) ?? this.environment[name];
      if (value === undefined) throw new Error(`the variable ${name} is not set`);
      return value;
    });

  private async script(
    item: Item,
    listen: 'prerequest' | 'test',
    response?: { status: number; text: string },
  ): Promise<string | undefined> {
    const timers: Promise<void>[] = [];
    let next: string | undefined;
    const pm = {
      variables: { replaceIn: this.resolve },
      collectionVariables: {
        get: (key: string) => this.variables.get(key),
        set: (key: string, value: unknown) => this.variables.set(key, String(value)),
      },
      execution: { setNextRequest: (name: string) => (next = name) },
      expect: chaiExpect,
      test: (name: string, check: () => void) => this.check(`${item.name}: ${name}`, check),
      response: response && {
        json: () => JSON.parse(response.text),
        to: { have: { status: (status: number) => chaiExpect(response.status).to.equal(status) } },
      },
    };
    // Postman waits for the timers of a script before it sends the next request.
    const timeout = (work: () => void, ms: number) => void timers.push(pause(ms).then(work));
    for (const { script } of item.event?.filter((event) => event.listen === listen) ?? []) {
      const run = compileFunction(script.exec.join('\n'), ['pm', 'setTimeout'], { filename: item.name });
      run(pm, timeout);
    }
    await Promise.all(timers);
    return next;
  }

  private check(name: string, check: () => void): void {
    this.report.assertions += 1;
    try {
      check();
    } catch (error) {
      this.report.failures.push(`${name}: ${(error as Error).message}`);
    }
  }
}
