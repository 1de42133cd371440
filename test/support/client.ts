import { learnIssued, learnSent } from './secrets.js';

export interface Answer {
  status: number;
  headers: Headers;
  /** The parsed JSON body; undefined when there was none. */
  body: any;
  text: string;
}

interface Options {
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

/** Speaks to one API process as any client would. */
export class Client {
  constructor(
    readonly url: string,
    readonly accessToken?: string,
  ) {}

  as(accessToken: string): Client {
    return new Client(this.url, accessToken);
  }

  get(path: string, options?: Options): Promise<Answer> {
    return this.send('GET', path, undefined, options);
  }

  post(path: string, body?: unknown, options?: Options): Promise<Answer> {
    return this.send('POST', path, body, options);
  }

  patch(path: string, body?: unknown, options?: Options): Promise<Answer> {
    return this.send('PATCH', path, body, options);
  }

  delete(path: string, body?: unknown, options?: Options): Promise<Answer> {
    return this.send('DELETE', path, body, options);
  }

  /** The response itself, for streams and bodies that are no JSON. */
  raw(method: string, path: string, init: RequestInit = {}): Promise<Response> {
    const headers = {
      ...(this.accessToken && { Authorization: `Bearer ${this.accessToken}` }),
      ...init.headers,
    };
    learnSent(init.body);
    return fetch(`${this.url}${path}`, { ...init, method, headers });
  }

  private async send(method: string, path: string, body: unknown, options: Options = {}): Promise<Answer> {
    const json: Record<string, string> = body === undefined ? {} : { 'Content-Type': 'application/json' };
    const response = await this.raw(method, path, {
      ...options,
      headers: { ...json, ...options.headers },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const isJson = /json/.test(response.headers.get('content-type') ?? '');
    const answer = isJson ? JSON.parse(text) : undefined;
    learnIssued(answer ?? {});
    return { status: response.status, headers: response.headers, text, body: answer };
  }
}
