import type { User } from '../../generated/prisma/client.js';

/** An account, as shown to its owner. */
export class UserDto {
  /** UUIDv7 */
  id!: string;
  /** E.164. @example "+919876543210" */
  mobile!: string | null;
  /** @example "ada@example.com" */
  email!: string | null;
  /** @example "Ada Lovelace" */
  name!: string | null;
  /** Whether a password works for this account. */
  hasPassword!: boolean;
  /** Whether a code was ever confirmed: then `mobile` and `email` are proven, each by a code of its own. */
  verified!: boolean;
  /** ISO 8601, UTC */
  createdAt!: string;
}

/** The columns that a `UserDto` is made of. */
export type UserRow = Pick<
  User,
  'id' | 'mobile' | 'email' | 'name' | 'passwordHash' | 'verifiedAt' | 'createdAt'
>;

/** Maps an account to what its owner is shown. Only the response to a sign-up is of an account without a proven identity. */
export function toUserDto(user: UserRow): UserDto {
  return {
    id: user.id,
    mobile: user.mobile,
    email: user.email,
    name: user.name,
    hasPassword: user.passwordHash !== null,
    verified: user.verifiedAt !== null,
    createdAt: user.createdAt.toISOString(),
  };
}
