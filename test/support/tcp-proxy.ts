import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** Stands between a process and a server, and can behave as a server that is frozen or gone. */
export class TcpProxy {
  private readonly sockets = new Set<Socket>();
  private state: 'open' | 'frozen' | 'closed' = 'open';
  private cutAfter: { request: Buffer; left: number } | null = null;
  private freezeAtRequest: string | null = null;

  private constructor(
    private readonly server: Server,
    private target: URL,
  ) {
    server.on('connection', (client) => this.join(client));
  }

  static async start(url: string): Promise<TcpProxy> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new TcpProxy(server, new URL(url));
  }

  /** The server's URL, by way of this proxy. */
  get url(): string {
    const url = new URL(this.target);
    url.hostname = '127.0.0.1';
    url.port = String((this.server.address() as AddressInfo).port);
    return url.href;
  }

  /** New connections go to another server: the same one, restarted elsewhere. */
  retarget(url: string): void {
    this.target = new URL(url);
  }

  /** Connections are taken, and nothing is answered: what SIGSTOP does to a server. */
  freeze(): void {
    this.state = 'frozen';
    for (const socket of this.sockets) socket.pause();
  }

  /** Nothing more arrives on the connections that there are, without a word: what a machine that is gone looks like. */
  abandon(): void {
    for (const socket of this.sockets) socket.removeAllListeners('data').resume();
  }

  /** Every connection is cut, and new ones too: what a killed server looks like. */
  cut(): void {
    this.state = 'closed';
    this.drop();
  }

  /** Every connection is cut; new ones are welcome. */
  drop(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  /** The next `times` requests that contain this text are carried out, and their connection is cut instead of the answer. */
  cutAfterAnswerTo(request: string, times: number): void {
    this.cutAfter = times > 0 ? { request: Buffer.from(request), left: times } : null;
  }

  /** Freezes when a request that contains this text arrives: it is not passed on. */
  freezeAt(request: string): void {
    this.freezeAtRequest = request;
  }

  /** How many of those cuts have not happened. */
  get cutsLeft(): number {
    return this.cutAfter?.left ?? 0;
  }

  heal(): void {
    this.state = 'open';
    this.cutAfter = null;
    this.freezeAtRequest = null;
    for (const socket of this.sockets) socket.resume();
  }

  async stop(): Promise<void> {
    this.cut();
    this.server.close();
    await once(this.server, 'close');
  }

  private join(client: Socket): void {
    if (this.state === 'closed') return void client.destroy();
    const server = connect(Number(this.target.port), this.target.hostname);
    let condemned = false;
    this.wire(client, server, (data) => {
      if (this.freezeAtRequest !== null && data.includes(this.freezeAtRequest)) return this.freeze();
      condemned ||= this.condemns(data);
      server.write(data);
    });
    this.wire(server, client, (data) => {
      if (condemned) client.destroy();
      else client.write(data);
    });
  }

  private condemns(data: Buffer): boolean {
    if (!this.cutAfter?.left || !data.includes(this.cutAfter.request)) return false;
    this.cutAfter.left -= 1;
    return true;
  }

  private wire(from: Socket, to: Socket, onData: (data: Buffer) => void): void {
    this.sockets.add(from);
    from.setNoDelay(true);
    from.on('data', onData);
    from.on('error', () => to.destroy());
    from.on('close', () => {
      this.sockets.delete(from);
      to.destroy();
    });
    if (this.state === 'frozen') from.pause();
  }
}
