const { availableParallelism } = process.getBuiltinModule('node:os');

// Nest 12 is ESM-only and Jest's ESM mode fails on Node 20, so everything, packages included, is compiled to CommonJS.
const swc = (parser) => ({
  jsc: {
    parser,
    target: 'es2022',
    transform: { legacyDecorator: true, decoratorMetadata: true },
    keepClassNames: true,
  },
  module: { type: 'commonjs' },
  sourceMaps: 'inline',
});

module.exports = {
  // Most tests wait, for a lease, a timeout or another process: more files at a time than there are cores.
  maxWorkers: availableParallelism() + 2,
  testSequencer: '<rootDir>/test/sequencer.mjs',
  testEnvironment: 'node',
  testMatch: ['<rootDir>/{src,dev,test}/**/*.spec.ts', '<rootDir>/test/**/*.e2e-spec.ts'],
  modulePathIgnorePatterns: ['<rootDir>/dist', '<rootDir>/.local'],
  transform: {
    '^.+\\.ts$': ['@swc/jest', swc({ syntax: 'typescript', decorators: true })],
    '^.+\\.m?js$': ['@swc/jest', swc({ syntax: 'ecmascript' })],
  },
  transformIgnorePatterns: ['a^'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  // For a machine that is slow and busy; what must be fast says so in the test.
  testTimeout: 60_000,
};
