import { z } from 'zod';
import { list } from './setting-types.js';

/**
 * The name of a Gemini model as it is compared, stored and shown. Google's own lists write `models/` before it, the routes of
 * its API do not.
 */
export function bareModelName(name: string): string {
  return name.replace(/^\/?models\//, '');
}

const CHARACTERS = /^[\w.-]+(\/[\w.-]+)*$/;
const MESSAGE =
  'wants names of models: letters, digits, dots and hyphens, without spaces or invisible characters';

/** A setting that names a model. */
export const modelName = z
  .string()
  .transform(bareModelName)
  .refine((name) => CHARACTERS.test(name), { message: MESSAGE });

/** A setting that names several, separated by commas. */
export const modelNames = list
  .transform((names) => [...new Set(names.map(bareModelName))])
  .refine((names) => names.every((name) => CHARACTERS.test(name)), { message: MESSAGE });
