// The import rules. Each has its reason in its comment; `npm run lint` enforces them.
const features = [
  'auth',
  'plan',
  'quota',
  'chatroom',
  'subscription',
  'webhook',
  'user',
  'health',
  'processor',
];
/** Features may import each other only along these arrows. */
const arrows = {
  auth: ['quota'],
  plan: [],
  quota: [],
  chatroom: ['auth', 'plan', 'quota'],
  subscription: ['auth', 'plan', 'quota'],
  user: ['auth', 'chatroom', 'subscription', 'quota'],
  webhook: ['subscription'],
  processor: features,
  health: [],
};
/** Inside a feature, its folders import each other only along these arrows. */
const folders = {
  auth: {
    account: [],
    notice: ['account'],
    otp: ['account'],
    session: ['account'],
    'sign-in': ['account', 'notice', 'otp', 'session'],
  },
  chatroom: {
    message: [],
    room: ['message'],
    stream: ['message'],
    prompt: ['message', 'stream'],
    reply: ['message'],
  },
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
      name: 'app-is-the-root',
      comment: 'app and the entry points import anything; only tests import them.',
      severity: 'error',
      from: { path: '^src/(?!app/|[^/]+\\.ts$)' },
      to: { path: '^src/(app/|[^/]+\\.ts$)' },
    },
    {
      name: 'config-imports-nothing',
      comment: 'Settings are read before anything else exists.',
      severity: 'error',
      from: { path: '^src/config/' },
      to: { path: '^src/', pathNot: '^src/config/' },
    },
    {
      name: 'common-imports-config',
      comment: 'common holds no business words and imports only config.',
      severity: 'error',
      from: { path: '^src/common/' },
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
      to: { path: `^src/(${features.join('|')})/`, pathNot: `^src/(${[from, ...to].join('|')})/` },
    })),
    ...Object.entries(folders).flatMap(([feature, own]) =>
      Object.entries(own).map(([from, to]) => ({
        name: `${feature}-${from}-arrows`,
        comment: `${feature}/${from} may import only: ${to.join(', ') || 'no other folder of the feature'}.`,
        severity: 'error',
        from: { path: `^src/${feature}/${from}/` },
        to: {
          path: `^src/${feature}/(${Object.keys(own).join('|')})/`,
          pathNot: `^src/${feature}/(${[from, ...to].join('|')})/`,
        },
      })),
    ),
    {
      name: 'reply-belongs-to-the-worker',
      comment: 'Only the worker generates replies.',
      severity: 'error',
      from: {
        path: '^src/',
        pathNot:
          '^src/(chatroom/reply/|chatroom/chatroom\\.worker\\.module\\.ts|processor/|app/worker\\.module\\.ts)',
      },
      to: { path: '^src/chatroom/reply/' },
    },
    only('bullmq-in-work', 'One place speaks to BullMQ.', '(bullmq|@nestjs/bullmq)', '^src/infra/work/'),
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
