import { once } from 'node:events';
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createServer as createTcpServer, type AddressInfo, type Socket } from 'node:net';

import { learnIssued } from './secrets.js';

export interface Delivery {
  headers: IncomingHttpHeaders;
  text: string;
  body: any;
}

/** The operator's side of `OTP_DELIVERY=webhook`. It answers `answers` in turn, then 204; 0 means never. */
export class WebhookGateway {
  readonly deliveries: Delivery[] = [];
  answers: number[] = [];
  /** Told of each delivery when it arrives. */
  onDelivery?: (delivery: Delivery) => void;

  private constructor(private readonly server: Server) {}

  static async start(): Promise<WebhookGateway> {
    const server = createServer();
    const gateway = new WebhookGateway(server);
    server.on('request', (request, response) => void gateway.take(request, response));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return gateway;
  }

  private async take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString();
    const body = JSON.parse(text);
    learnIssued({ otp: body.code });
    const delivery = { headers: request.headers, text, body };
    this.deliveries.push(delivery);
    this.onDelivery?.(delivery);
    const status = this.answers.shift() ?? 204;
    if (status > 0) response.writeHead(status).end();
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/otp`;
  }

  /** What arrived for a number or an address. */
  to(address: string): Delivery[] {
    return this.deliveries.filter(({ body }) => body.to === address);
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }
}

/** A mail server that takes everything, or refuses every recipient with `refusal`. */
export class MailServer {
  readonly mails: { to: string; text: string }[] = [];
  refusal?: string;
  private readonly sockets = new Set<Socket>();
  private readonly server = createTcpServer((socket) => this.talk(socket));

  static async start(): Promise<MailServer> {
    const mail = new MailServer();
    mail.server.listen(0, '127.0.0.1');
    await once(mail.server, 'listening');
    return mail;
  }

  get url(): string {
    return `smtp://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  private talk(socket: Socket): void {
    this.sockets.add(socket);
    let to = '';
    let data: string | undefined;
    let rest = '';
    const say = (line: string) => socket.write(`${line}\r\n`);
    say('220 mail.test');
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      const lines = (rest + chunk.toString()).split('\r\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        if (data !== undefined) {
          if (line !== '.') {
            data += `${line}\n`;
            continue;
          }
          learnIssued({ otp: /\b\d{6}\b/.exec(data.split('\n\n')[1] ?? '')?.[0] });
          this.mails.push({ to, text: data });
          data = undefined;
          say('250 taken');
        } else if (/^RCPT/i.test(line)) {
          to = /<(.*)>/.exec(line)?.[1] ?? '';
          say(this.refusal ?? '250 ok');
        } else if (/^DATA/i.test(line)) {
          data = '';
          say('354 go on');
        } else if (/^QUIT/i.test(line)) socket.end('221 bye\r\n');
        else say('250 ok');
      }
    });
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
    await once(this.server, 'close');
  }
}
