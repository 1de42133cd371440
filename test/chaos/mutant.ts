import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

interface Replacement {
  file: string;
  from: string;
  to: string;
}

/** Builds broken on purpose, each in the one way that an audit exists to catch. */
export const MUTANTS: Record<string, Replacement[]> = {
  fence: [
    {
      file: 'chatroom/reply/reply.statement.js',
      from: "WHERE id = $1 AND claim = $2 AND status = 'in_progress'\n      RETURNING chatroom_id, quota_day",
      to: "WHERE id = $1 AND $2::int IS NOT NULL AND status = 'in_progress'\n      RETURNING chatroom_id, quota_day",
    },
    {
      file: 'chatroom/reply/reply.statement.js',
      from: "WHERE id = $1 AND claim = $2 AND status = 'in_progress' AND lease_until IS NOT NULL RETURNING 1 AS held`,\n};\n/** Lets go",
      to: "WHERE id = $1 AND $2::int IS NOT NULL AND status = 'in_progress' AND lease_until IS NOT NULL RETURNING 1 AS held`,\n};\n/** Lets go",
    },
  ],
  relay: [
    {
      file: 'processor/reply.workload.js',
      from: 'relay.start(this.rescue);',
      to: '',
    },
  ],
  quota: [
    {
      file: 'chatroom/accept.statement.js',
      from: "SELECT $2, (now() AT TIME ZONE 'UTC')::date, 1 FROM room WHERE $3::int IS NULL OR $3::int > 0\n      ON CONFLICT (user_id, day) DO UPDATE SET used = q.used + 1 WHERE $3::int IS NULL OR q.used < $3::int",
      to: "SELECT $2, (now() AT TIME ZONE 'UTC')::date, 1 FROM room WHERE ($3::int IS NULL OR $3::int > 0) AND NOT EXISTS (\n        SELECT 1 FROM quota_usage WHERE user_id = $2 AND day = (now() AT TIME ZONE 'UTC')::date AND used >= $3::int)\n      ON CONFLICT (user_id, day) DO UPDATE SET used = q.used + 1",
    },
  ],
};

/**
 * Copies the compiled product and breaks the copy.
 * @returns the copy's folder
 * @throws Error when the mutant is unknown, or the text to replace is not there exactly once
 */
export function buildMutant(name: string, dist: string, into: string): string {
  const replacements = MUTANTS[name];
  if (!replacements)
    throw new Error(`There is no mutant "${name}", but: ${Object.keys(MUTANTS).join(', ')}.`);
  const copy = join(into, 'dist');
  rmSync(into, { recursive: true, force: true });
  mkdirSync(into, { recursive: true });
  cpSync(dist, copy, { recursive: true });
  for (const shared of ['node_modules', 'package.json'])
    symlinkSync(join(process.cwd(), shared), join(into, shared));
  for (const { file, from, to } of replacements) {
    const path = join(copy, file);
    const parts = readFileSync(path, 'utf8').split(from);
    if (parts.length !== 2) {
      throw new Error(
        `The mutant "${name}" wants to change one place of ${file} and finds ${parts.length - 1}: adapt it.`,
      );
    }
    writeFileSync(path, parts.join(to));
  }
  return copy;
}
