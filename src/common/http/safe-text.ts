import { AppError } from '../errors/app-error.js';

/** Deeper than any body here; what nests further is refused before anything recurses into it. */
const MAX_DEPTH = 32;

/**
 * Refuses what PostgreSQL cannot store (NUL) or would silently change (an unpaired surrogate), anywhere in a parsed value.
 * @throws AppError `validation.failed` naming the field, or `request.malformed` when the value nests too deep
 */
export function requireSafeText(value: unknown): void {
  const pending: [path: string, value: unknown, depth: number][] = [['', value, 0]];
  for (let next = pending.pop(); next; next = pending.pop()) {
    const [path, current, depth] = next;
    if (typeof current === 'string') requireStorable(path, current);
    if (typeof current !== 'object' || current === null) continue;
    if (depth >= MAX_DEPTH) throw new AppError('request.malformed', { detail: 'The body nests too deep.' });
    for (const [key, child] of Object.entries(current)) {
      requireStorable(path, key);
      pending.push([path ? `${path}.${key}` : key, child, depth + 1]);
    }
  }
}

function requireStorable(field: string, text: string): void {
  if (!text.includes('\0') && text.isWellFormed()) return;
  const message = 'must not contain NUL or unpaired surrogates';
  throw new AppError('validation.failed', {
    detail: `${field || 'A name'} ${message}.`,
    errors: [{ field, message }],
  });
}
