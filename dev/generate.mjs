import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from './failure.mjs';
import { run } from './run.mjs';

/**
 * Makes the typed database client, from prisma/schema.prisma into src/generated.
 * @param {string} root the project's folder
 * @param {AbortSignal} signal
 */
export async function generate(root, signal) {
  rmSync(join(root, 'src/generated'), { recursive: true, force: true });
  // The generator runs no engine, but the command insists on having one and would download it: any executable will do.
  const env = {
    ...process.env,
    PRISMA_SCHEMA_ENGINE_BINARY: process.execPath,
    PRISMA_HIDE_UPDATE_MESSAGE: '1',
    CHECKPOINT_DISABLE: '1',
  };
  const { code, output } = await run(process.execPath, ['node_modules/prisma/build/index.js', 'generate'], {
    cwd: root,
    env,
    signal,
  });
  if (code !== 0) throw new Failure(`The database client could not be generated:\n${output.trim()}`);
}
