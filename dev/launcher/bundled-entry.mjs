// Runs the bundle beside this file, `main.bundle.js` for `main.mjs`, and spares V8 most of its compilation: the first
// process that ends writes the code that V8 compiled into `main.cache`, from which all later ones take it.
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Script } from 'node:vm';

const name = import.meta.filename.slice(0, -'.mjs'.length);
const [bundle, cache] = [`${name}.bundle.js`, `${name}.cache`];
const cachedData = existsSync(cache) ? readFileSync(cache) : undefined;
// The bundle is ASCII: as Latin-1 it is read without being decoded, and takes half the memory.
const source = `(function (exports, require, module, __filename, __dirname) {${readFileSync(bundle, 'latin1')}\n})`;
const script = new Script(source, { filename: bundle, cachedData });
// V8 takes a cache only under the options it was made with, so a process with options of its own makes none for others.
if (!cachedData && process.execArgv.length === 0 && !process.env.NODE_OPTIONS) {
  process.once('exit', () => {
    if (existsSync(cache)) return;
    const own = `${cache}.${process.pid}`;
    writeFileSync(own, script.createCachedData());
    renameSync(own, cache);
  });
}
const module = { exports: {} };
script.runInThisContext()(module.exports, createRequire(bundle), module, bundle, import.meta.dirname);
