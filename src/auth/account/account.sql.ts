import type { User } from '../../generated/prisma/client.js';
import type { Statement } from '../../infra/postgres/database.js';

/**
 * Serialises sign-up, confirmation and change of the same identities until the transaction ends.
 * Locks: the identities' advisory locks, before every row lock.
 * $1 keys of the identities (text[]), sorted, so that two transactions lock them in the same order.
 */
export const LOCK_IDENTITIES: Statement<never, [keys: string[]]> = {
  name: 'account_lock_identities',
  text: 'SELECT pg_advisory_xact_lock(hashtextextended(key, 5)) FROM unnest($1::text[]) AS key',
};

/**
 * Which of two identities a verified account has: a row for each such account.
 * Locks: none.
 * $1 mobile numbers (text[]), $2 keys of email addresses (text[]).
 */
export const FIND_TAKEN_IDENTITIES: Statement<TakenIdentityRow, [mobiles: string[], emailKeys: string[]]> = {
  name: 'account_find_taken_identities',
  text: `
    SELECT coalesce(mobile = ANY($1::text[]), false) AS mobile FROM app_user
    WHERE (mobile = ANY($1::text[]) OR email_key = ANY($2::text[])) AND verified_at IS NOT NULL`,
};

/** A verified account that has one of the identities. */
export interface TakenIdentityRow {
  /** True: the account has the mobile number; false: only the email address. */
  mobile: boolean;
}

/**
 * Locks the unverified accounts that have one of two identities.
 * Locks: accounts, by id.
 * $1 mobile numbers (text[]), $2 keys of email addresses (text[]).
 */
export const LOCK_UNVERIFIED_ACCOUNTS: Statement<UnverifiedRow, [mobiles: string[], emailKeys: string[]]> = {
  name: 'account_lock_unverified',
  text: `
    SELECT id, mobile, email_key FROM app_user
    WHERE (mobile = ANY($1::text[]) OR email_key = ANY($2::text[])) AND verified_at IS NULL ORDER BY id FOR UPDATE`,
};

/** An unverified account and its identities. */
export type UnverifiedRow = Pick<User, 'id' | 'mobile'> & { email_key: string | null };

/**
 * Takes two identities from the unverified accounts that have one of them. An account that has another identity keeps that one,
 * so that nobody can undo a stranger's sign-up by naming the stranger's identity in his own; what else its sign-up gave goes. One
 * that has no other identity is deleted.
 * Locks: accounts, by id.
 * $1 mobile numbers (text[]), $2 keys of email addresses (text[]).
 */
export const RELEASE_UNVERIFIED_IDENTITIES: Statement<never, [mobiles: string[], emailKeys: string[]]> = {
  name: 'account_release_unverified',
  text: `
    WITH named AS (${LOCK_UNVERIFIED_ACCOUNTS.text}
    ), other AS (
      -- Of the rows as they are now that they are locked, which the statement's snapshot need not show.
      SELECT id, CASE WHEN mobile = ANY($1::text[]) THEN NULL ELSE mobile END AS mobile,
             CASE WHEN email_key = ANY($2::text[]) THEN NULL ELSE email_key END AS email_key
      FROM named
    ), kept AS (
      UPDATE app_user a SET
        mobile = other.mobile, email_key = other.email_key,
        email = CASE WHEN other.email_key IS NULL THEN NULL ELSE a.email END,
        name = NULL, pending_password_hash = NULL, updated_at = now()
      FROM other WHERE a.id = other.id AND (other.mobile IS NOT NULL OR other.email_key IS NOT NULL)
    )
    DELETE FROM app_user a USING other WHERE a.id = other.id AND other.mobile IS NULL AND other.email_key IS NULL`,
};

/**
 * Inserts an unverified account.
 * Locks: account.
 * $1 id, $2 mobile number or null, $3 email address or null, $4 its key or null, $5 name or null,
 * $6 hash of the password that the first code may confirm, or null.
 */
export const INSERT_ACCOUNT: Statement<
  InsertedAccountRow,
  [
    id: string,
    mobile: string | null,
    email: string | null,
    emailKey: string | null,
    name: string | null,
    pendingPasswordHash: string | null,
  ]
> = {
  name: 'account_insert',
  text: `
    INSERT INTO app_user (id, mobile, email, email_key, name, pending_password_hash)
    VALUES ($1, $2, $3, $4, $5, $6) RETURNING created_at AS "createdAt"`,
};

export type InsertedAccountRow = Pick<User, 'createdAt'>;

/**
 * Records that a right code proved an identity of the account that has it; no row when there is none. The first proof verifies
 * the account. Nothing else that was given at sign-up is proven by that: the other identity is dropped, since it may be a
 * stranger's, and the password becomes $4 if it is the one of this sign-up, else none.
 * Locks: account; the identity must be locked before.
 * $1 and $2 keys of the identity, the present one first, as mobile numbers and as keys of email addresses (text[], one is empty),
 * $3 the only account that may have it, or null for any, $4 password hash or null.
 */
export const CONFIRM_ACCOUNT: Statement<
  AccountIdRow,
  [mobiles: string[], emailKeys: string[], onlyId: string | null, passwordHash: string | null]
> = {
  name: 'account_confirm',
  text: `
    UPDATE app_user SET
      password_hash = CASE WHEN verified_at IS NOT NULL THEN password_hash WHEN pending_password_hash = $4 THEN $4 END,
      pending_password_hash = NULL,
      mobile = CASE WHEN verified_at IS NULL AND mobile <> ALL($1::text[]) THEN NULL ELSE mobile END,
      email = CASE WHEN verified_at IS NULL AND email_key <> ALL($2::text[]) THEN NULL ELSE email END,
      email_key = CASE WHEN verified_at IS NULL AND email_key <> ALL($2::text[]) THEN NULL ELSE email_key END,
      verified_at = coalesce(verified_at, now()),
      updated_at = now()
    WHERE id = (
      SELECT id FROM app_user
      WHERE (mobile = ANY($1::text[]) OR email_key = ANY($2::text[])) AND id = coalesce($3::uuid, id)
      ORDER BY coalesce(mobile = ($1::text[])[1] OR email_key = ($2::text[])[1], false) DESC LIMIT 1
    ) AND (mobile = ANY($1::text[]) OR email_key = ANY($2::text[])) -- looked at again when the row was locked
    RETURNING id`,
};

/**
 * Keeps the password unchanged until the transaction ends; no row when it is no longer the one that was checked.
 * Locks: account, so that parallel sign-ins count one another's sessions.
 * $1 account, $2 password hash that was checked.
 */
export const LOCK_PASSWORD: Statement<AccountIdRow, [id: string, passwordHash: string | null]> = {
  name: 'account_lock_password',
  text: 'SELECT id FROM app_user WHERE id = $1 AND password_hash = $2 FOR NO KEY UPDATE',
};

/**
 * Sets the password; no row when the current one is no longer the one that was checked.
 * Locks: account.
 * $1 account, $2 password hash that was checked, or null for none, $3 new password hash.
 */
export const CHANGE_PASSWORD: Statement<
  AccountIdRow,
  [id: string, checkedHash: string | null, newHash: string]
> = {
  name: 'account_change_password',
  text: `
    UPDATE app_user SET password_hash = $3, updated_at = now()
    WHERE id = $1 AND password_hash IS NOT DISTINCT FROM $2 RETURNING id`,
};

/**
 * Sets the password, whatever the current one is.
 * Locks: account.
 * $1 account, $2 new password hash.
 */
export const SET_PASSWORD: Statement<never, [id: string, passwordHash: string]> = {
  name: 'account_set_password',
  text: 'UPDATE app_user SET password_hash = $2, updated_at = now() WHERE id = $1',
};

/** The id of an account that was locked or changed. */
export type AccountIdRow = Pick<User, 'id'>;

/**
 * Adds a proven identity to the account, in place of the one of the same kind.
 * Locks: account.
 * $1 account, $2 kind of the identity (`mobile` or `email`), $3 key of the identity, $4 address as it was typed.
 */
export const SET_IDENTITY: Statement<
  never,
  [id: string, kind: 'mobile' | 'email', key: string, address: string]
> = {
  name: 'account_set_identity',
  text: `
    UPDATE app_user SET
      mobile = CASE WHEN $2 = 'mobile' THEN $3 ELSE mobile END,
      email_key = CASE WHEN $2 = 'email' THEN $3 ELSE email_key END,
      email = CASE WHEN $2 = 'email' THEN $4 ELSE email END,
      updated_at = now()
    WHERE id = $1`,
};

/**
 * Locks the account until the transaction ends: no sign-in, prompt or new room in the meantime.
 * Locks: account.
 * $1 account.
 */
export const LOCK_ACCOUNT: Statement<LockedAccountRow, [id: string]> = {
  name: 'account_lock',
  text: 'SELECT mobile, email_key AS "emailKey" FROM app_user WHERE id = $1 FOR UPDATE',
};

/** The keys of an account's identities. */
export type LockedAccountRow = Pick<User, 'mobile' | 'emailKey'>;

/**
 * Deletes the account and, by the foreign keys, its subscription and use of the quota.
 * Locks: account, then every row that refers to it; the day must be locked before.
 * $1 account.
 */
export const DELETE_ACCOUNT: Statement<never, [id: string]> = {
  name: 'account_delete',
  text: 'DELETE FROM app_user WHERE id = $1',
};
