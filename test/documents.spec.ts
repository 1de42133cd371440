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
