import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** A client that asks for a stream and then reads nothing, until it is told to. */
export class DeafReader {
  private constructor(private readonly socket: Socket) {}

  static async open(url: string, path: string, accessToken: string): Promise<DeafReader> {
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname).pause();
    await once(socket, 'connect');
    socket.write(`GET ${path} HTTP/1.0\r\nHost: x\r\nAuthorization: Bearer ${accessToken}\r\n\r\n`);
    return new DeafReader(socket);
  }

  /** Reads to the end. @returns the deltas, joined */
  async rest(): Promise<string> {
    let received = '';
    for await (const chunk of this.socket.setEncoding('utf8')) received += chunk as string;
    const deltas = [...received.matchAll(/event: delta\ndata: (.*)\n/g)];
    return deltas.map(([, json]) => (JSON.parse(json ?? '') as { text: string }).text).join('');
  }

  leave(): void {
    this.socket.destroy();
  }
}
