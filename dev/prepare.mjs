import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { install } from './install.mjs';
import { lock } from './lock.mjs';
import { digest, unlessStamped } from './stamp.mjs';
import { Failure, run, step } from './step.mjs';

/**
 * Makes the programs of a clone runnable: dependencies, database client, dist and dist-dev. Skips what is up to date.
 * One process at a time does this in a clone; a second one waits.
 * @param {string} root the project's folder
 * @param {AbortSignal} signal
 */
export async function prepare(root, signal) {
  await withLock(root, signal, async () => {
    await prepareSources(root, signal);
    await Promise.all([buildProduct(root, signal), buildDevelopment(root, signal)]);
  });
}

/**
 * As `prepare` without the builds: for lint and typecheck.
 * @param {string} root @param {AbortSignal} signal
 */
export async function prepareToCheck(root, signal) {
  await withLock(root, signal, () => prepareSources(root, signal));
}

/**
 * As `prepare`, but without the product, which need not compile yet while its schema is being changed.
 * @param {string} root @param {AbortSignal} signal
 */
export async function prepareDevelopment(root, signal) {
  await withLock(root, signal, async () => {
    await install(root, signal);
    await buildDevelopment(root, signal);
  });
}

/** @param {string} root @param {AbortSignal} signal @param {() => Promise<void>} work */
async function withLock(root, signal, work) {
  const held = await lock(join(root, '.local', 'prepare.lock'), (owner) =>
    console.log(`- Waiting for process ${owner}, which is building this clone ...`),
  );
  try {
    signal.throwIfAborted();
    await work();
  } finally {
    held.release();
  }
}

/**
 * As `prepare`, and compiles the programs beside the tests into dist-test.
 * @param {string} root @param {AbortSignal} signal
 */
export async function preparePrograms(root, signal) {
  await prepare(root, signal);
  await build(
    root,
    'dist-test',
    ['test', 'dev', 'src', 'tsconfig.json', 'package-lock.json'],
    'Building the test programs',
    ['node_modules/typescript/bin/tsc', '-p', 'test/tsconfig.programs.json'],
    signal,
  );
}

/** @param {string} root @param {AbortSignal} signal */
async function prepareSources(root, signal) {
  await install(root, signal);
  await generateClient(root, signal);
}

/** @param {string} root @param {AbortSignal} signal */
async function generateClient(root, signal) {
  const input = digest(root, ['prisma/schema.prisma', 'package-lock.json']);
  await unlessStamped(join(root, 'src/generated/.stamp'), input, () =>
    step('Generating the database client', () => generate(root, signal)),
  );
}

/**
 * Generates the typed database client of prisma/schema.prisma into src/generated, in a process of its own: the generator takes
 * memory that `npm start` would keep.
 * @param {string} root the project's folder
 * @param {AbortSignal} signal
 */
async function generate(root, signal) {
  rmSync(join(root, 'src/generated'), { recursive: true, force: true });
  const { code, output } = await run(process.execPath, ['dev/client-generator.mjs'], { cwd: root, signal });
  if (code !== 0) throw new Failure(`The database client could not be generated:\n${output.trim()}`);
}

/** @param {string} root @param {AbortSignal} signal */
function buildProduct(root, signal) {
  const inputs = ['src', 'tsconfig.json', 'tsconfig.build.json', 'nest-cli.json', 'package-lock.json'];
  return build(
    root,
    'dist',
    inputs,
    'Building the API and the worker',
    ['node_modules/@nestjs/cli/bin/nest.js', 'build'],
    signal,
  );
}

/** @param {string} root @param {AbortSignal} signal */
function buildDevelopment(root, signal) {
  const inputs = ['dev', 'tsconfig.json', 'package-lock.json'];
  return build(
    root,
    'dist-dev',
    inputs,
    'Building the launcher and the sandboxes',
    ['node_modules/typescript/bin/tsc', '-p', 'dev'],
    signal,
  );
}

/**
 * @param {string} root @param {string} out the folder of the output @param {string[]} inputs @param {string} name
 * @param {string[]} command @param {AbortSignal} signal
 */
async function build(root, out, inputs, name, command, signal) {
  const input = digest(root, inputs, (path) => path.endsWith('.spec.ts'));
  await unlessStamped(join(root, out, '.stamp'), input, () =>
    step(name, async () => {
      rmSync(join(root, out), { recursive: true, force: true });
      const { code, output } = await run(process.execPath, command, { cwd: root, signal });
      if (code !== 0) throw new Failure(`${name} failed:\n${output.trim()}`);
    }),
  );
}
