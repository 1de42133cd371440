import { Client } from './client.js';

/** A client behind a proxy: its address is in a header. */
export class ForwardedClient extends Client {
  constructor(
    url: string,
    private readonly ip: string,
    accessToken?: string,
  ) {
    super(url, accessToken);
  }

  override as(accessToken: string): Client {
    return new ForwardedClient(this.url, this.ip, accessToken);
  }

  override raw(method: string, path: string, init: RequestInit = {}): Promise<Response> {
    const headers = { ...(init.headers as Record<string, string>), 'X-Forwarded-For': this.ip };
    return super.raw(method, path, { ...init, headers });
  }
}
