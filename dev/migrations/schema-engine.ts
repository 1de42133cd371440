import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { bindMigrationAwareSqlAdapterFactory } from '@prisma/driver-adapter-utils';
import type { SchemaEngine } from '@prisma/schema-engine-wasm';
import { MigrationAdapterFactory } from './migration-adapter.js';
import { readMigrations, readSchema } from './migration-files.js';

const FILTERS = { externalTables: [], externalEnums: [] };
const ENGINE = '@prisma/schema-engine-wasm/schema_engine_bg';

/**
 * Migrates as `prisma migrate deploy` does: what the product's own migration program is compared with.
 * @param url of the database; not through a pooler in transaction mode
 * @param folder the `prisma` folder
 * @returns the names of those just applied
 * @throws the engine's error: a failed migration, a changed one, no connection
 */
export async function applyWithEngine(url: string, folder: string): Promise<string[]> {
  return withEngine(url, folder, async (engine) => {
    const result = await engine.applyMigrations({ migrationsList: readMigrations(folder), filters: FILTERS });
    return result.appliedMigrationNames;
  });
}

/** The SQL that makes an empty database what the schema says. @param folder the `prisma` folder */
export async function diffFromEmpty(url: string, folder: string): Promise<string> {
  return diff(url, folder, { tag: 'empty' });
}

/**
 * The SQL that is missing in the migrations to make them what the schema says: empty when they agree. Only what the
 * schema language can say is compared, so hand-written partial indexes and checks are no drift.
 * @param url a server on which a shadow database may be made
 * @param folder the `prisma` folder
 */
export async function drift(url: string, folder: string): Promise<string> {
  return diff(url, folder, { tag: 'migrations', ...readMigrations(folder) });
}

type DiffSource = Parameters<SchemaEngine['diff']>[0]['from'];

async function diff(url: string, folder: string, from: DiffSource): Promise<string> {
  const to = { tag: 'schemaDatamodel' as const, files: [readSchema(folder)] };
  return withEngine(url, folder, async (engine) => {
    const { exitCode, stdout } = await engine.diff({
      from,
      to,
      script: true,
      exitCode: true,
      filters: FILTERS,
    });
    return exitCode === 0 ? '' : (stdout ?? '');
  });
}

async function withEngine<T>(
  url: string,
  folder: string,
  work: (engine: SchemaEngine) => Promise<T>,
): Promise<T> {
  const { path, content } = readSchema(folder);
  const connections = new MigrationAdapterFactory(url);
  const adapter = bindMigrationAwareSqlAdapterFactory(connections);
  glue ??= loadGlue();
  const { SchemaEngine } = await glue;
  const engine = await SchemaEngine.new({ datamodels: [[path, content]] }, () => undefined, adapter);
  try {
    return await work(engine);
  } finally {
    await connections.close();
  }
}

/** One instance of the engine a process: its JavaScript module keeps its state in module variables. */
let glue: Promise<Glue> | undefined;

type Glue = typeof import('@prisma/schema-engine-wasm/schema_engine_bg') & {
  __wbg_set_wasm(exports: unknown): void;
};

/** What is used of the global, which only the browser's type library declares. */
interface WebAssemblyGlobal {
  instantiate(
    bytes: Uint8Array,
    imports: object,
  ): Promise<{ instance: { exports: Record<string, () => void> } }>;
}

/** The package's own entry imports WebAssembly as a module, which Node 20 cannot: here by hand. */
async function loadGlue(): Promise<Glue> {
  const module = (await import(ENGINE)) as Glue;
  const home = dirname(createRequire(resolve('package.json')).resolve(ENGINE));
  const bytes = readFileSync(join(home, 'schema_engine_bg.wasm'));
  const { WebAssembly } = globalThis as unknown as { WebAssembly: WebAssemblyGlobal };
  const { instance } = await WebAssembly.instantiate(bytes, { './schema_engine_bg.js': module });
  module.__wbg_set_wasm(instance.exports);
  instance.exports['__wbindgen_start']?.();
  return module;
}
