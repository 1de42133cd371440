import type { Servers } from '../support/databases.js';
import type { SignedIn } from '../support/factories.js';
import { eventually } from '../support/eventually.js';
import { WebhookGateway, type Delivery } from '../support/otp-gateways.js';
import { cpuTime } from '../support/process-tree.js';
import { DEFAULTS, System } from '../support/system.js';

/** Limits that the tests lift. */
const LIFTED = Object.keys(DEFAULTS).filter((name) => /^(MAX|OTP)_|_(PER|LIMIT)_/.test(name));

/**
 * As `npm run start:prod`, with the product's own limits in place of those of the tests: an empty setting is one that is not set.
 * The only proxy is the client of this program, which tells whose address a request has.
 */
const AS_DEPLOYED = {
  ...Object.fromEntries(LIFTED.map((name) => [name, ''])),
  NODE_OPTIONS: '--max-semi-space-size=2',
  LOG_LEVEL: 'error',
  TRUST_PROXY: '127.0.0.1',
  OTP_DELIVERY: 'webhook',
  OTP_WEBHOOK_SECRET: 'the secret of the gateway of this program',
};

/** The product as one API process and one worker, with sandboxes of what it calls. */
export class Setup {
  /** When the first message arrived, by its recipient and the clock of `performance.now()`. */
  readonly arrivals = new Map<string, number>();
  private addresses = 0;

  private constructor(
    readonly system: System,
    private readonly gateway: WebhookGateway,
  ) {
    gateway.onDelivery = ({ body }) => {
      if (!this.arrivals.has(body.to)) this.arrivals.set(body.to, performance.now());
    };
  }

  static async start(servers: Servers): Promise<Setup> {
    const gateway = await WebhookGateway.start();
    try {
      const env = { ...AS_DEPLOYED, OTP_WEBHOOK_URL: gateway.url };
      return new Setup(await System.start({ servers, env }), gateway);
    } catch (error) {
      await gateway.stop();
      throw error;
    }
  }

  get url(): string {
    return this.system.client().url;
  }

  /** Milliseconds of a processor's time that API and worker have used. */
  get cpu(): number {
    return [...this.system.apis, ...this.system.workers].reduce((sum, { pid }) => sum + cpuTime(pid), 0);
  }

  /** An address that no other client has. */
  newAddress(): string {
    this.addresses += 1;
    return `10.${this.addresses >> 16}.${(this.addresses >> 8) & 255}.${this.addresses & 255}`;
  }

  newAddresses(count: number): string[] {
    return Array.from({ length: count }, () => this.newAddress());
  }

  /** Verified people with a session. */
  people(count: number, overrides: { pro?: boolean } = {}): Promise<SignedIn[]> {
    return Promise.all(Array.from({ length: count }, () => this.system.user(overrides)));
  }

  /** Messages that were sent to these numbers. */
  messagesTo(numbers: Iterable<string>): Delivery[] {
    const wanted = new Set(numbers);
    return this.gateway.deliveries.filter(({ body }) => wanted.has(body.to));
  }

  /** The first value of the first row. */
  async value(sql: string, parameters: unknown[] = []): Promise<number> {
    const { rows } = await this.system.db.query<Record<string, number>>(sql, parameters);
    return Number(Object.values(rows[0] ?? {})[0] ?? 0);
  }

  /** Calls to Gemini whose prompt contains `text`. */
  geminiCalls(text: string): number {
    const calls = this.system.gemini.journal.all();
    return calls.filter(({ contents }) => contents.at(-1)?.text.includes(text)).length;
  }

  /** Waits until no work is left of what was asked for. */
  async settled(): Promise<void> {
    const open = "SELECT count(*) FROM work_item WHERE kind IN ('reply', 'code-delivery')";
    await eventually('the end of all work', async () => (await this.value(open)) === 0, 180_000);
  }

  async stop(): Promise<void> {
    await this.system.stop();
    await this.gateway.stop();
  }
}
