import { copyFileSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build, type Plugin } from 'esbuild';
import { lock } from '../lock.mjs';
import { digest, unlessStamped } from '../stamp.mjs';
import { step } from '../step.mjs';

const ENTRIES = ['main', 'worker'];

/** What cannot be part of a bundle: a native module, and packages that Nest loads only where they are installed. */
const EXTERNAL = [
  '@node-rs/argon2',
  '@nestjs/microservices',
  '@nestjs/websockets',
  '@nestjs/platform-express',
  '@fastify/multipart',
  '@fastify/view',
];

/** V8's code cache is for scripts alone, and a script has no top-level await: the entries need not wait for what they start. */
const withoutAwait: Plugin = {
  name: 'entries-without-top-level-await',
  setup(bundling) {
    bundling.onLoad({ filter: /[\\/]dist[\\/](main|worker)\.js$/ }, async ({ path }) => ({
      contents: (await readFile(path, 'utf8')).replace(/^await /m, 'void '),
    }));
  },
};

/**
 * Makes `main.mjs` and `worker.mjs` of the compiled product and all its packages, unless that is done. The tests start
 * some 200 such processes: loading 2,500 files is most of what a start costs, 2.1 s of CPU for the API, against 0.5 s as
 * one script with V8's code cache.
 * @param root the project's folder
 * @returns the folder where they are: below `root`, for native modules are loaded from its node_modules
 */
export async function bundleProduct(root: string): Promise<string> {
  const folder = join(root, '.local', 'bundle');
  const inputs = ['dist/.stamp', 'dist-dev/launcher', 'package-lock.json'];
  const held = await lock(join(root, '.local', 'bundle.lock'), () => undefined);
  try {
    await unlessStamped(join(folder, '.stamp'), digest(root, inputs), () =>
      step('Bundling the API and the worker', () => write(root, folder)),
    );
  } finally {
    held.release();
  }
  return folder;
}

/** Code caches go with the bundle that they were made of: V8 compares no more than its length. */
async function write(root: string, folder: string): Promise<void> {
  rmSync(folder, { recursive: true, force: true });
  await build({
    entryPoints: Object.fromEntries(
      ENTRIES.map((name) => [`${name}.bundle`, join(root, 'dist', `${name}.js`)]),
    ),
    outdir: folder,
    bundle: true,
    format: 'cjs',
    platform: 'node',
    target: 'node20',
    charset: 'ascii',
    // Nest tells modules apart, and logs them, by the names of their classes.
    keepNames: true,
    // A script from V8's code cache has lost what import() needs; require does the same here.
    supported: { 'dynamic-import': false },
    external: EXTERNAL,
    plugins: [withoutAwait],
    define: { 'import.meta.url': 'importMetaUrl', 'import.meta.dirname': '__dirname' },
    banner: { js: "const importMetaUrl = require('node:url').pathToFileURL(__filename).href;" },
    logLevel: 'error',
    legalComments: 'none',
  });
  for (const name of ENTRIES)
    copyFileSync(join(import.meta.dirname, 'bundled-entry.mjs'), join(folder, `${name}.mjs`));
}
