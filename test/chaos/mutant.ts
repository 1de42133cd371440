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
      file: 'infra/work/work.sql.js',
      from: "return `w.subject_id = ${subject} AND w.claim = ${claim} AND w.state = 'running'`;",
      to: 'return `w.subject_id = ${subject} AND ${claim}::int IS NOT NULL`;',
    },
    {
      file: 'infra/work/work-leases.js',
      from: "if (held.get(key)?.claim !== lease.item.claim)\n                lease.stop('lost');",
      to: '',
    },
  ],
  recovery: [
    {
      file: 'processor/processor.module.js',
      from: '=> [\n                    recovery,',
      to: '=> [',
    },
  ],
  quota: [
    {
      file: 'quota/quota.sql.js',
      from: 'FROM ${from} WHERE ${limit} IS NULL OR ${limit} > 0\n      ON CONFLICT (user_id, day) DO UPDATE SET used = q.used + 1, refund_limit = excluded.refund_limit\n        WHERE q.used < coalesce(${limit}, ${UNITS_WITHOUT_LIMIT})',
      to: "FROM ${from} WHERE (${limit} IS NULL OR ${limit} > 0) AND NOT EXISTS (\n        SELECT 1 FROM quota_usage WHERE user_id = ${user} AND day = (now() AT TIME ZONE 'UTC')::date AND used >= ${limit})\n      ON CONFLICT (user_id, day) DO UPDATE SET used = q.used + 1, refund_limit = excluded.refund_limit",
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
