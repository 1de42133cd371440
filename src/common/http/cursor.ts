import { AppError } from '../errors/app-error.js';

/** Makes a cursor of a position in a list. @param position a letter for the list, and where its page ends */
export const encodeCursor = (position: string): string => Buffer.from(position).toString('base64url');

/**
 * Reads a cursor.
 * @param pattern of the list's positions
 * @returns the pattern's groups
 * @throws AppError `validation.failed` for anything but a cursor of the list
 */
export function decodeCursor(cursor: string, pattern: RegExp): string[] {
  const [position, ...groups] = pattern.exec(Buffer.from(cursor, 'base64url').toString()) ?? [];
  if (position !== undefined) return groups;
  const message = 'must be the nextCursor of this list';
  throw new AppError('validation.failed', {
    detail: `cursor ${message}.`,
    errors: [{ field: 'cursor', message }],
  });
}
