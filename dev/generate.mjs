import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from './failure.mjs';
import { run } from './run.mjs';

/**
 * Makes the typed database client, from prisma/schema.prisma into src/generated, in a process of its own: the generator
 * takes memory that `npm start` would keep.
 * @param {string} root the project's folder
 * @param {AbortSignal} signal
 */
export async function generate(root, signal) {
  rmSync(join(root, 'src/generated'), { recursive: true, force: true });
  const { code, output } = await run(process.execPath, ['dev/client-generator.mjs'], { cwd: root, signal });
  if (code !== 0) throw new Failure(`The database client could not be generated:\n${output.trim()}`);
}
