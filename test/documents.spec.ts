import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { parseEnv } from 'node:util';

const ROOT = join(__dirname, '..');
const SKIPPED = new Set([
  'node_modules',
  '.git',
  '.local',
  'dist',
  'dist-dev',
  'dist-test',
  'generated',
  'coverage',
]);

function filesBelow(folder: string, ending: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (SKIPPED.has(entry.name)) return [];
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return filesBelow(path, ending);
    return entry.name.endsWith(ending) ? [path] : [];
  });
}

const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');
const all = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map(([, first]) => first ?? '');
const withoutCode = (text: string) => text.replace(/^```[\s\S]*?^```/gm, '');

/** The anchor that a heading gets where Markdown is rendered on a forge. */
const anchorOf = (heading: string) =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');
const anchorsOf = (text: string) => all(withoutCode(text), /^#+ (.+)$/gm).map(anchorOf);

const documents = filesBelow(ROOT, '.md').map((path) => relative(ROOT, path));

test('the documents are there', () => {
  for (const name of ['README', 'ARCHITECTURE', 'CONTRIBUTING', 'CHANGELOG', 'SECURITY'])
    expect(documents).toContain(`${name}.md`);
  expect(documents.filter((path) => /^docs\/adr\/\d{4}-[a-z0-9-]+\.md$/.test(path)).length).toBeGreaterThan(
    10,
  );
});

/** `document: problem` for every problem that `find` has with a document. */
const problems = (find: (text: string, path: string) => string[]) =>
  documents.flatMap((path) => find(read(path), path).map((problem) => `${path}: ${problem}`));

test('relative links lead to files and headings that exist', () => {
  const broken = problems((text, path) => {
    const links = all(withoutCode(text), /\]\(([^)\s]+)\)/g).filter((link) => !/^[a-z]+:/.test(link));
    return links.filter((link) => {
      const [file = '', anchor] = link.split('#');
      const target = file ? join(dirname(path), file) : path;
      if (!existsSync(join(ROOT, target))) return true;
      return anchor !== undefined && !anchorsOf(read(target)).includes(anchor);
    });
  });
  expect(broken).toEqual([]);
});

test('files and folders that are named exist', () => {
  const missing = problems((text) => {
    const named = all(text, /(?<![\w./-])((?:src|dev|test|prisma|docs)\/[\w.*{},/-]*\w)/g);
    return named.filter((name) => !/[*{]/.test(name) && !existsSync(join(ROOT, name)));
  });
  expect(missing).toEqual([]);
});

test('commands that are named exist', () => {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
  const missing = problems((text) =>
    all(text, /npm run (?:--silent )?([a-z][\w:-]*)/g).filter((name) => !scripts[name]),
  );
  expect(missing).toEqual([]);
});

test('diagrams are of a kind that Mermaid knows, and not empty', () => {
  const odd = problems((text) =>
    all(text, /^```mermaid\n([\s\S]*?)^```/gm).filter(
      (diagram) => !/^(flowchart \w+|sequenceDiagram|stateDiagram-v2)\n([^\n]+\n){4}/.test(diagram),
    ),
  );
  expect(odd).toEqual([]);
});

test.each(['README.md', 'CHANGELOG.md'])('settings of %s are in .env.example', (path) => {
  const example = parseEnv(read('.env.example'));
  const named = all(read(path), /`([A-Z][A-Z0-9]*_[A-Z0-9_]+)(?:=[^`]*)?`/g);
  expect(named.length).toBeGreaterThan(3);
  expect(named.filter((name) => !(name in example))).toEqual([]);
});

test('ARCHITECTURE.md has both processes, the life of a reply, and a prompt as diagrams', () => {
  const kinds = all(read('ARCHITECTURE.md'), /^```mermaid\n(\w+)/gm);
  expect(kinds).toEqual(['flowchart', 'stateDiagram', 'sequenceDiagram']);
});

/** Where a way begins anew: at the socket, at the queue, at the processor that the runner was given, at the next request. */
const ENTRIES = /\/(\w+\.controller|work-runner|[\w-]+\.work|session\.sql|plan\.service)\.ts$/;

/** What a file imports, as paths from the root. */
const importsOf = (path: string) =>
  all(read(path), /from '(\.[^']+)'/g).map((file) => join(dirname(path), file.replace(/\.js$/, '.ts')));

describe.each([
  [
    'prompt',
    32,
    [
      'src/chatroom/prompt/prompt.controller.ts',
      'src/quota/quota.sql.ts',
      'src/chatroom/reply/reply.completion.ts',
    ],
  ],
  [
    'stripe',
    18,
    ['src/webhook/webhook.controller.ts', 'src/subscription/sync.service.ts', 'src/plan/plan.ts'],
  ],
] as const)('the files of the way "%s" in ARCHITECTURE.md', (name, atMost, some) => {
  const [list = ''] = all(
    read('ARCHITECTURE.md'),
    new RegExp(`<!-- ${name} -->([^]*?)<!-- /${name} -->`, 'g'),
  );
  const lines = list.trim().split('\n');
  const files = lines.map((line) => /^\d+\. \[[^\]]+\]\(([^)]+)\): \S/.exec(line)?.[1] ?? line);

  it('are numbered, different, and not too many', () => {
    expect(lines.map((line) => parseInt(line, 10))).toEqual(lines.map((_, index) => index + 1));
    expect(new Set(files).size).toBe(files.length);
    expect(files.length).toBeLessThanOrEqual(atMost);
    expect(files).toEqual(expect.arrayContaining([...some]));
  });

  it('follow from one another by imports', () => {
    const imported = new Set(files.flatMap((file) => importsOf(file)));
    expect(files.filter((file) => !imported.has(file) && !ENTRIES.test(file))).toEqual([]);
  });
});

/** Routes that no controller of ours has. */
const OTHER_ROUTES = ['GET /docs', 'GET /docs-json', 'GET /docs-yaml', 'GET /queues'];

test('the README has every route of the controllers, and no other', () => {
  const routes = filesBelow(join(ROOT, 'src'), '.controller.ts').flatMap((path) => {
    const text = readFileSync(path, 'utf8');
    const [base = ''] = all(text, /@Controller\('?([^')]*)'?\)/g);
    return [...text.matchAll(/@(Get|Post|Put|Patch|Delete)\(([^)]*)\)/g)].flatMap(
      ([, method = '', paths = '']) => {
        const own = paths ? all(paths, /'([^']*)'/g) : [''];
        return own.map((each) => `${method.toUpperCase()} /${[base, each].filter(Boolean).join('/')}`);
      },
    );
  });
  const named = all(
    read('README.md').split('## Commands')[0] ?? '',
    /`((?:GET|POST|PUT|PATCH|DELETE) \/[^`]*)`/g,
  );
  expect([...new Set(named)].sort()).toEqual([...routes, ...OTHER_ROUTES].sort());
});

/** Tests that a document quotes behind a link to their file: `[otp](../test/auth/otp.e2e-spec.ts) "is good once"`. */
test('tests that are quoted are in their files', () => {
  const missing = problems((text, path) =>
    [...text.matchAll(/\]\((\S+spec\.ts)\) "([^"]+)"/g)].flatMap(([, file = '', title = '']) =>
      read(join(dirname(path), file)).includes(title) ? [] : [`${file}: ${title}`],
    ),
  );
  expect(missing).toEqual([]);
});

/** The requirements of OWASP ASVS 5.0.0, levels 1 and 2: `<section>.<first>-<last>`. */
const ASVS = `1.1.1-2 1.2.1-9 1.3.1-11 1.4.1-3 1.5.1-2 2.1.1-3 2.2.1-3 2.3.1-4 2.4.1-1 3.2.1-2 3.3.1-4 3.4.1-6 3.5.1-5 3.7.1-2
  4.1.1-3 4.2.1-1 4.3.1-2 4.4.1-4 5.1.1-1 5.2.1-3 5.3.1-2 5.4.1-3 6.1.1-3 6.2.1-12 6.3.1-4 6.4.1-4 6.5.1-5 6.6.1-3 6.8.1-4
  7.1.1-3 7.2.1-4 7.3.1-2 7.4.1-5 7.5.1-2 7.6.1-2 8.1.1-2 8.2.1-3 8.3.1-1 8.4.1-1 9.1.1-3 9.2.1-4 10.1.1-2 10.2.1-2 10.3.1-4
  10.4.1-11 10.5.1-5 10.6.1-2 10.7.1-3 11.1.1-2 11.2.1-3 11.3.1-3 11.4.1-4 11.5.1-1 11.6.1-1 12.1.1-3 12.2.1-2 12.3.1-4
  13.1.1-1 13.2.1-5 13.3.1-2 13.4.1-5 14.1.1-2 14.2.1-4 14.3.1-3 15.1.1-3 15.2.1-3 15.3.1-7 16.1.1-1 16.2.1-5 16.3.1-4
  16.4.1-3 16.5.1-3 17.1.1-1 17.2.1-4 17.3.1-2`;

/** `1.2.6`, `1.2.7`, `1.2.8` of `1.2`, 6, 8. */
const range = (section = '', first: string | undefined, last = first) =>
  Array.from({ length: Number(last) - Number(first) + 1 }, (_, at) => `${section}.${Number(first) + at}`);

test('docs/security.md says of every requirement of ASVS 5.0.0 whether it is met, and why', () => {
  const rows = [...read('docs/security.md').matchAll(/^\| v5\.0\.0-(.+?) \| (.+?) \| (.+?) \| (.+?) \|$/gm)];
  const named = rows.flatMap(([, ids = '']) => {
    const [, section, first, last] = /^(\d+\.\d+)\.(\d+)(?: to \d+\.\d+\.(\d+))?$/.exec(ids) ?? [];
    return range(section, first, last);
  });
  const wanted = [...ASVS.matchAll(/(\d+\.\d+)\.(\d+)-(\d+)/g)].flatMap(([, ...[section, first, last]]) =>
    range(section, first, last),
  );
  expect(named).toEqual(wanted);
  const states = new Set(rows.map(([, , , state]) => state));
  expect([...states].sort()).toEqual(['met', 'n/a', 'not met', 'operator', 'partly']);
});
