import type { Statement } from '../../infra/postgres/database.js';

/** Sign-up, verification and a change of identity take turns for each identity, until their transaction ends. Pass the keys sorted. */
export const LOCK_IDENTITIES: Statement = {
  name: 'account_lock',
  text: 'SELECT pg_advisory_xact_lock(hashtextextended(key, 5)) FROM unnest($1::text[]) AS key',
};

/** Which of the identities a verified account has. */
export const FIND_TAKEN: Statement = {
  name: 'account_taken',
  text: `
    SELECT coalesce(mobile = $1, false) AS mobile FROM app_user WHERE (mobile = $1 OR email_key = $2) AND verified_at IS NOT NULL`,
};

export interface TakenRow {
  /** It is the mobile number; else the email address. */
  mobile: boolean;
}

export const DELETE_UNVERIFIED: Statement = {
  name: 'account_delete_unverified',
  text: 'DELETE FROM app_user WHERE (mobile = $1 OR email_key = $2) AND verified_at IS NULL',
};

export const INSERT_ACCOUNT: Statement = {
  name: 'account_insert',
  text: `
    INSERT INTO app_user (id, mobile, email, email_key, name, pending_password_hash)
    VALUES ($1, $2, $3, $4, $5, $6) RETURNING created_at AS "createdAt"`,
};

/**
 * A right code proves one identity of the account. The first time, what else was said at sign-up is not proven by it:
 * the other identity is set aside, and the password of then counts only as `$4`.
 */
export const CONFIRM_ACCOUNT: Statement = {
  name: 'account_claim',
  text: `
    UPDATE app_user SET
      password_hash = CASE WHEN verified_at IS NULL THEN $4 ELSE password_hash END,
      pending_password_hash = NULL,
      unverified_mobile = CASE WHEN verified_at IS NULL AND $2 = 'email' THEN mobile ELSE unverified_mobile END,
      mobile = CASE WHEN verified_at IS NULL AND $2 = 'email' THEN NULL ELSE mobile END,
      unverified_email = CASE WHEN verified_at IS NULL AND $2 = 'mobile' THEN email ELSE unverified_email END,
      email = CASE WHEN verified_at IS NULL AND $2 = 'mobile' THEN NULL ELSE email END,
      email_key = CASE WHEN verified_at IS NULL AND $2 = 'mobile' THEN NULL ELSE email_key END,
      verified_at = coalesce(verified_at, now()),
      updated_at = now()
    WHERE id = $1 AND CASE $2 WHEN 'mobile' THEN mobile ELSE email_key END = $3
    RETURNING id`,
};

/** Keeps the password from being changed until the transaction ends; no row: it was changed. */
export const LOCK_PASSWORD: Statement = {
  name: 'account_hold_password',
  text: 'SELECT id FROM app_user WHERE id = $1 AND password_hash = $2 FOR SHARE',
};

/** Sets the password, if it is still the one that was checked. */
export const CHANGE_PASSWORD: Statement = {
  name: 'account_change_password',
  text: `
    UPDATE app_user SET password_hash = $3, updated_at = now()
    WHERE id = $1 AND password_hash IS NOT DISTINCT FROM $2 RETURNING id`,
};

export const SET_PASSWORD: Statement = {
  name: 'account_set_password',
  text: 'UPDATE app_user SET password_hash = $2, updated_at = now() WHERE id = $1',
};

/** Adds or replaces one identity, which is proven. */
export const SET_IDENTITY: Statement = {
  name: 'account_set_identity',
  text: `
    UPDATE app_user SET
      mobile = CASE WHEN $2 = 'mobile' THEN $3 ELSE mobile END,
      unverified_mobile = CASE WHEN $2 = 'mobile' THEN NULL ELSE unverified_mobile END,
      email_key = CASE WHEN $2 = 'email' THEN $3 ELSE email_key END,
      email = CASE WHEN $2 = 'email' THEN $4 ELSE email END,
      unverified_email = CASE WHEN $2 = 'email' THEN NULL ELSE unverified_email END,
      updated_at = now()
    WHERE id = $1`,
};

/** Nobody signs in, and nothing is added to the account, until the transaction ends. */
export const LOCK_ACCOUNT: Statement = {
  name: 'account_lock_row',
  text: 'SELECT mobile, email_key AS email FROM app_user WHERE id = $1 FOR UPDATE',
};

/** The keys of its identities. */
export interface LockedAccount {
  mobile: string | null;
  email: string | null;
}

export const DELETE_ACCOUNT: Statement = {
  name: 'account_delete',
  text: 'DELETE FROM app_user WHERE id = $1',
};
