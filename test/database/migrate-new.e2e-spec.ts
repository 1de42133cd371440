import {
  chmodSync,
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Failure } from '../../dev/step.mjs';
import { main } from '../../dev/migrations/new.js';

const ROOT = path.resolve(__dirname, '../..');

describe('npm run migrate:new', () => {
  let root: string;
  let log: jest.SpyInstance;
  const said = () => log.mock.calls.flat().join('\n');
  const written = () =>
    readdirSync(path.join(root, 'prisma/migrations')).filter(
      (name) => !readdirSync(path.join(ROOT, 'prisma/migrations')).includes(name),
    );
  const sql = (name: string) =>
    readFileSync(path.join(root, 'prisma/migrations', name, 'migration.sql'), 'utf8');

  beforeEach(() => {
    log = jest.spyOn(console, 'log').mockReturnValue();
    root = mkdtempSync(path.join(tmpdir(), 'migrate-new-'));
    chmodSync(root, 0o755); // the account that PostgreSQL runs as has to reach its data
    symlinkSync(path.join(ROOT, 'node_modules'), path.join(root, 'node_modules'));
    writeFileSync(path.join(root, 'package.json'), '{}');
    cpSync(path.join(ROOT, 'prisma'), path.join(root, 'prisma'), { recursive: true });
  });
  afterEach(() => {
    log.mockRestore();
    rmSync(root, { recursive: true });
  });

  it('writes what schema.prisma has and the migrations lack, once, under the UTC time and the name', async () => {
    const schema = path.join(root, 'prisma/schema.prisma');
    writeFileSync(
      schema,
      `${readFileSync(schema, 'utf8')}\nmodel Note {\n  id Int @id\n  @@map("note")\n}\n`,
    );
    const before = new Date();
    expect(await main(root, ['add_note'])).toBe(0);
    const [name = ''] = written();
    const time = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)_add_note$/.exec(name)?.slice(1).map(Number) ?? [];
    const [year = 0, month = 0, day, hour, minute, second] = time;
    const age = Date.UTC(year, month - 1, day, hour, minute, second) - before.getTime();
    expect(age).toBeGreaterThan(-1000);
    expect(age).toBeLessThan(60_000);
    expect(sql(name)).toMatch(/^-- CreateTable\nCREATE TABLE "note" \(\n {4}"id" INTEGER NOT NULL,/);
    expect(said()).toContain(`prisma/migrations/${name}/migration.sql`);
    expect(await main(root, ['add_note_again'])).toBe(0);
    expect(said()).toContain('The migrations agree with prisma/schema.prisma');
    expect(written()).toEqual([name]);
  });

  it('writes a file without statements only when asked to', async () => {
    expect(await main(root, ['add_partial_index', '--empty'])).toBe(0);
    const [name = ''] = written();
    expect(name).toMatch(/^\d{14}_add_partial_index$/);
    expect(sql(name)).toMatch(/^-- [^\n]+\n$/);
  });

  it.each([[[]], [['AddNote']], [['add-note']], [['../note']], [['add_']], [['1_note']], [['one', 'two']]])(
    'refuses the arguments %j and starts nothing',
    async (args) => {
      await expect(main(root, args)).rejects.toBeInstanceOf(Failure);
      expect(readdirSync(root)).not.toContain('.local');
    },
  );

  it('refuses to write a migration that would be applied before an existing one', async () => {
    cpSync(
      path.join(root, 'prisma/migrations/20261121000000_init'),
      path.join(root, 'prisma/migrations/29991231235959_future'),
      { recursive: true },
    );
    writeFileSync(path.join(root, 'prisma/migrations/29991231235959_future/migration.sql'), 'SELECT 1;\n');
    await expect(main(root, ['add_note', '--empty'])).rejects.toThrow('29991231235959_future');
  });
});
