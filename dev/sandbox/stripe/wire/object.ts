import { randomInt } from 'node:crypto';

const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

export type Metadata = Record<string, string>;

/** What every object of the API has. Times are unix seconds, money is in the currency's smallest unit. */
export interface WireObject {
  id: string;
  object: string;
  created: number;
  livemode: false;
}

export interface WireList<T> {
  object: 'list';
  data: T[];
  has_more: boolean;
  url: string;
}

/** An id in Stripe's form: a prefix that names the kind of object, then random letters and digits. */
export function makeId(prefix: string, length = 24): string {
  return prefix + Array.from({ length }, () => letters[randomInt(letters.length)]).join('');
}
