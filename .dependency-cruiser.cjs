// The import rules of the house. Each has the reason in its comment; `npm run lint` enforces them.
const feature = 'auth|user|quota|chatroom|subscription|webhook|processor|health|metrics';
/** Features may import each other only along these arrows. */
const arrows = {
  auth: ['quota'],
  quota: [],
  chatroom: ['auth', 'quota', 'subscription'],
  subscription: ['auth', 'quota'],
  user: ['auth', 'quota', 'chatroom', 'subscription'],
  webhook: ['subscription'],
  processor: ['auth', 'user', 'quota', 'chatroom', 'subscription', 'webhook'],
  health: [],
  metrics: [],
};

const only = (name, comment, what, where) => ({
  name,
  comment,
  severity: 'error',
  from: { path: '^src/', pathNot: where },
  to: { path: `node_modules/${what}/` },
});

module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      severity: 'error',
      comment: 'Data flows one way.',
      from: {},
      to: { circular: true },
    },
    {
      name: 'src-stands-alone',
      comment: 'dev and test never reach production.',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(dev|test)/' },
    },
    {
      name: 'roots-are-roots',
      comment: 'Composition roots import anything; nothing but tests imports them.',
      severity: 'error',
      from: {
        path: '^src/(?!(main|worker|migrate|stripe-setup|stripe-replay|create-api|configure-http)\\.ts)',
      },
      to: {
        path: '^src/(main|worker|migrate|stripe-setup|stripe-replay|api\\.module|worker\\.module|configure-http|create-api|serve-docs|run-process)\\.ts$',
      },
    },
    {
      name: 'ground-floor',
      comment: 'config and common import nothing of src.',
      severity: 'error',
      from: { path: '^src/(config|common)/' },
      to: { path: '^src/', pathNot: '^src/(config|common)/' },
    },
    {
      name: 'infra-knows-no-feature',
      comment: 'infra imports only config, common and the generated client.',
      severity: 'error',
      from: { path: '^src/infra/' },
      to: { path: '^src/', pathNot: '^src/(infra|config|common|generated)/' },
    },
    ...Object.entries(arrows).map(([from, to]) => ({
      name: `${from}-arrows`,
      comment: `${from} may import only: ${to.join(', ') || 'no other feature'}.`,
      severity: 'error',
      from: { path: `^src/${from}/` },
      to: { path: `^src/(${feature})/`, pathNot: `^src/(${[from, ...to].join('|')})/` },
    })),
    {
      name: 'reply-belongs-to-the-worker',
      comment: 'Only the worker does the work of a reply.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(chatroom/reply/|processor/|worker\\.module\\.ts)' },
      to: { path: '^src/chatroom/reply/' },
    },
    only('bullmq-in-queue', 'One place speaks to BullMQ.', '(bullmq|@nestjs/bullmq)', '^src/infra/queue/'),
    only(
      'gemini-in-infra',
      'One adapter hides the Gemini SDK.',
      '@google/generative-ai',
      '^src/infra/gemini/',
    ),
    {
      ...only(
        'stripe-in-infra',
        'One adapter hides the Stripe SDK.',
        'stripe',
        '^src/(infra/stripe|webhook)/',
      ),
      to: { path: 'node_modules/stripe/', dependencyTypesNot: ['type-only'] },
    },
  ],
  options: {
    doNotFollow: { path: '(node_modules|src/generated)' },
    exclude: { path: '^(dist|dist-dev|dist-test)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.js', '.mjs', '.cjs'],
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default'],
    },
  },
};
