import { AppError } from '../errors/app-error.js';
import { MAX_DEPTH, MAX_VALUES } from './json-structure.js';

/**
 * Refuses what PostgreSQL cannot store (NUL) or would silently change (an unpaired surrogate), anywhere in a parsed value,
 * and names that every object has: the check for unknown fields does not see them.
 * @throws AppError `validation.failed` naming the field, or `request.malformed` when the value nests too deep or is too much
 */
export function requireSafeText(value: unknown): void {
  const pending: [path: string, value: unknown, depth: number][] = [['', value, 0]];
  let left = MAX_VALUES;
  for (let next = pending.pop(); next; next = pending.pop()) {
    const [path, current, depth] = next;
    if (typeof current === 'string') requireStorable(path, current);
    if (typeof current !== 'object' || current === null) continue;
    const names = Object.keys(current);
    left -= names.length;
    if (left < 0) throw malformed('There are too many values.');
    if (depth >= MAX_DEPTH) throw malformed('The body nests too deep.');
    for (const name of names) {
      requireStorable(path, name);
      if (name in Object.prototype) throw malformed(`${name} is no name of a field.`);
      pending.push([path ? `${path}.${name}` : name, (current as Record<string, unknown>)[name], depth + 1]);
    }
  }
}

function malformed(detail: string): AppError {
  return new AppError('request.malformed', { detail });
}

function requireStorable(field: string, text: string): void {
  if (!text.includes('\0') && text.isWellFormed()) return;
  const message = 'must not contain NUL or unpaired surrogates';
  throw new AppError('validation.failed', {
    detail: `${field || 'A name'} ${message}.`,
    errors: [{ field, message }],
  });
}
