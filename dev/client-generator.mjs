// Writes what the generators of prisma/schema.prisma make, as `prisma generate` does: the command line itself would
// bring 200 MB of other tools.
import { createRequire } from 'node:module';
import { resolve } from 'node:path';

// Their ES modules name files that do not exist.
const require = createRequire(import.meta.url);
/** @type {typeof import('@prisma/client-generator-ts')} */
const { PrismaClientTsGenerator } = require('@prisma/client-generator-ts');
/** @type {typeof import('@prisma/internals')} */
const { getGenerators, loadSchemaContext } = require('@prisma/internals');
/** @type {typeof import('@prisma/engines-version')} */
const { enginesVersion } = require('@prisma/engines-version');

const generators = await getGenerators({
  schemaContext: await loadSchemaContext({
    schemaPath: { cliProvidedPath: resolve('prisma/schema.prisma') },
    printLoadMessage: false,
  }),
  registry: { 'prisma-client': { type: 'in-process', generator: new PrismaClientTsGenerator() } },
  version: enginesVersion,
  skipDownload: true,
  cliCommand: 'generate',
});
for (const generator of generators) await generator.generate();
