import { JwtService } from '@nestjs/jwt';
import { randomUUID } from 'node:crypto';
import { TOKEN_AUDIENCE, TOKEN_ISSUER } from '../../../src/auth/session/access-token.js';
import type { SignedIn } from '../../support/factories.js';
import { ending, openRoom, prompt, send } from '../../support/rooms.js';
import type { System } from '../../support/system.js';

export const ROLES = ['owner', 'stranger'] as const;
export type Role = (typeof ROLES)[number];

/** What a request's placeholder, such as `«owner.room»`, may stand for. */
export type Belonging = 'room' | 'prompt' | 'reply' | 'failure' | 'session' | 'token' | 'mobile' | Forgery;
type Forgery = 'expired' | 'forged' | 'unsigned' | 'misdirected';

interface Person {
  /** In whatever they wrote: nobody else may ever read it. */
  canary: string;
  belongings: Record<Belonging, string>;
}

/** A room or a message that nobody has. */
const MISSING = '019aa3a4-7c1e-7b1f-9d5e-3f1f0a2b4c6d';
const PLACEHOLDER = /«(owner|stranger)\.(\w+)»/g;

/** Two users with rooms of their own. A user that a request signs out or deletes is replaced by a new one of the same role. */
export class Principals {
  private readonly people = new Map<Role, Person>();

  private constructor(private readonly system: System) {}

  static async assemble(system: System): Promise<Principals> {
    const principals = new Principals(system);
    for (const role of ROLES) await principals.renew(role);
    return principals;
  }

  /** Puts what they stand for in place of a text's placeholders; with `missing` what belongs to that role is nobody's. */
  fill(text: string, missing?: Role): string {
    return text
      .replaceAll('«missing»', MISSING)
      .replace(PLACEHOLDER, (_, role: Role, belonging: Belonging) =>
        role === missing ? MISSING : this.person(role).belongings[belonging],
      );
  }

  canary(role: Role): string {
    return this.person(role).canary;
  }

  /** What must never be told or logged, of everybody. */
  secrets(): string[] {
    const { JWT_SECRET = '', STRIPE_WEBHOOK_SECRET = '', STRIPE_SECRET_KEY = '' } = this.system.env;
    const tokens = ROLES.map((role) => this.person(role).belongings.token);
    return [JWT_SECRET, STRIPE_WEBHOOK_SECRET, STRIPE_SECRET_KEY, ...tokens];
  }

  async renew(role: Role): Promise<void> {
    const canary = `canary-${randomUUID()}`;
    const user = await this.system.user({ name: `${role} ${canary}` });
    const client = this.system.client().as(user.accessToken);
    const room = await openRoom(client, { title: canary, systemInstruction: `Say ${canary}` });
    const { body } = await send(client, room, `Repeat ${canary}`);
    const failure = await prompt(client, room, `Fail ${canary} [[400]]`);
    await ending(client, room, failure);
    const things = { room, prompt: body.message.id, reply: body.reply.id, failure };
    const belongings = { ...things, ...papers(this.system, user) };
    this.people.set(role, { canary, belongings });
  }

  private person(role: Role): Person {
    const person = this.people.get(role);
    if (!person) throw new Error(`there is no ${role}`);
    return person;
  }
}

/** A person's good token, and those that only look like one. */
function papers({ env }: System, { id, mobile, sessionId, accessToken }: SignedIn) {
  const sign = (options: { secret?: string; audience?: string; expiresIn?: number }) =>
    new JwtService().sign(
      { sid: sessionId, typ: 'access' },
      {
        secret: env.JWT_SECRET,
        algorithm: 'HS256',
        issuer: TOKEN_ISSUER,
        audience: TOKEN_AUDIENCE,
        subject: id,
        ...options,
      },
    );
  const [, payload = ''] = accessToken.split('.');
  const none = Buffer.from('{"alg":"none","typ":"JWT"}').toString('base64url');
  return {
    session: sessionId,
    token: accessToken,
    mobile,
    expired: sign({ expiresIn: -60 }),
    forged: sign({ secret: 'another-signing-key-of-nobody-0123456789', expiresIn: 600 }),
    misdirected: sign({ audience: 'another-product', expiresIn: 600 }),
    unsigned: `${none}.${payload}.`,
  };
}
