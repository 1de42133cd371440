import qs from 'qs';
import { apiErrors } from './api-error.js';
import type { Metadata } from './wire/object.js';

/** A form body or a query string: text, lists and named groups, as deep as the brackets say. */
export type Form = qs.ParsedQs;

/** Stripe's notation: `a[b][0]=c`, and `a[]=x` appends. A name that is repeated keeps its last value. */
export function parseForm(text: string): Form {
  return qs.parse(text, { arrayLimit: 1000, depth: 8, duplicates: 'last', plainObjects: true });
}

/** Reads typed parameters from a form, with Stripe's errors and their messages. */
export class Params {
  constructor(
    readonly form: Form,
    private readonly prefix = '',
  ) {}

  /** Rejects parameters that this API version does not know. */
  allow(known: readonly string[]): void {
    const unknown = Object.keys(this.form).find((key) => !known.includes(key) && key !== 'expand');
    if (unknown !== undefined) throw apiErrors.unknown(this.name(unknown));
  }

  has(key: string): boolean {
    return this.form[key] !== undefined;
  }

  /** The text of a parameter; null if it is absent or empty. */
  text(key: string): string | null {
    const value = this.form[key];
    if (value === undefined || value === '') return null;
    if (typeof value !== 'string')
      throw apiErrors.invalid(`Invalid string: ${this.name(key)}`, this.name(key));
    return value;
  }

  required(key: string): string {
    const value = this.text(key);
    if (value === null) throw apiErrors.missing(this.name(key));
    return value;
  }

  int(key: string): number | null {
    const value = this.text(key);
    if (value === null) return null;
    if (!/^-?\d+$/.test(value)) {
      throw apiErrors.invalid(`Invalid integer: ${value}`, this.name(key), 'parameter_invalid_integer');
    }
    return Number(value);
  }

  bool(key: string): boolean | null {
    const value = this.text(key);
    if (value === null) return null;
    if (value !== 'true' && value !== 'false') {
      throw apiErrors.invalid(`Invalid boolean: ${value}`, this.name(key));
    }
    return value === 'true';
  }

  group(key: string): Params {
    const value = this.form[key];
    return new Params(isGroup(value) ? value : {}, this.name(key));
  }

  groups(key: string): Params[] {
    const value = this.form[key];
    if (!Array.isArray(value)) return [];
    return value.map((entry, at) => new Params(isGroup(entry) ? entry : {}, `${this.name(key)}[${at}]`));
  }

  texts(key: string): string[] {
    const value = this.form[key];
    return Array.isArray(value) ? value.filter((entry) => typeof entry === 'string') : [];
  }

  /** Metadata merged into the present one; an empty value removes its key, as at Stripe. */
  metadata(present: Metadata = {}): Metadata {
    const merged: Metadata = { ...present };
    for (const [key, value] of Object.entries(this.group('metadata').form)) {
      if (typeof value !== 'string')
        throw apiErrors.invalid('Metadata values must be strings', this.name('metadata'));
      if (value === '') delete merged[key];
      else merged[key] = value;
    }
    return merged;
  }

  name(key: string): string {
    return this.prefix ? `${this.prefix}[${key}]` : key;
  }
}

function isGroup(value: Form[string]): value is Form {
  return typeof value === 'object' && !Array.isArray(value);
}
