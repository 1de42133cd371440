import eslint from '@eslint/js';
import * as nest from '@nestjs/common';
import prettier from 'eslint-config-prettier';
import tseslint from 'typescript-eslint';

/** HttpException and every class that extends it, such as ServiceUnavailableException. */
const HTTP_EXCEPTIONS = Object.entries(nest)
  .filter(([, value]) => value === nest.HttpException || value?.prototype instanceof nest.HttpException)
  .map(([name]) => name);

/** `process.env` is read in one place, so that every setting is validated, documented and typed. */
const onlyConfigReadsEnvironment = {
  selector: "MemberExpression[object.name='process'][property.name='env']",
  message: 'Settings come from src/config.',
};

/** The tests share one Redis, a database of it each: what one flushes must be its own. */
const onlyOwnRedisIsFlushed = {
  selector: "MemberExpression[property.name='flushall']",
  message: 'Tests that run at the same time share the server: flushdb.',
};

export default tseslint.config(
  { ignores: ['dist/', 'dist-dev/', 'dist-test/', 'src/generated/', '.local/', 'coverage/', 'docs/**/*.js'] },
  eslint.configs.recommended,
  tseslint.configs.recommendedTypeChecked,
  {
    languageOptions: {
      parserOptions: {
        project: ['tsconfig.json', 'dev/tsconfig.json', 'test/tsconfig.json'],
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/consistent-type-imports': 'off',
      '@typescript-eslint/no-extraneous-class': 'off',
      'no-console': 'error',
      eqeqeq: 'error',
    },
  },
  {
    files: ['src/**/*.ts'],
    ignores: ['src/config/**'],
    rules: { 'no-restricted-syntax': ['error', onlyConfigReadsEnvironment] },
  },
  {
    files: ['src/**/*.ts'],
    ignores: ['src/common/errors/**'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          paths: [
            {
              name: '@nestjs/common',
              importNames: HTTP_EXCEPTIONS,
              message: 'Throw an AppError of common/errors.',
            },
          ],
        },
      ],
    },
  },
  {
    // A test reads what other programs print: JSON of any shape. Its own code is still type-checked.
    files: ['test/**/*.ts', '**/*.spec.ts'],
    rules: {
      '@typescript-eslint/no-explicit-any': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
    },
  },
  { files: ['dev/**', 'test/**'], rules: { 'no-console': 'off' } },
  {
    files: ['test/**/*.ts'],
    ignores: ['test/support/faulty-redis.ts'],
    rules: { 'no-restricted-syntax': ['error', onlyOwnRedisIsFlushed] },
  },
  {
    files: ['**/*.{js,mjs,cjs}'],
    extends: [tseslint.configs.disableTypeChecked],
    languageOptions: {
      globals: {
        console: 'readonly',
        process: 'readonly',
        module: 'writable',
        require: 'readonly',
        URL: 'readonly',
        AbortController: 'readonly',
        fetch: 'readonly',
        setTimeout: 'readonly',
        clearTimeout: 'readonly',
        setInterval: 'readonly',
        clearInterval: 'readonly',
        AbortSignal: 'readonly',
        Buffer: 'readonly',
        setImmediate: 'readonly',
        performance: 'readonly',
      },
    },
  },
  prettier,
);
