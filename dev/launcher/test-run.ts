import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../run.mjs';
import { step } from '../step.mjs';
import { runFolder } from './run-folder.js';
import { type PrivateServices, startThrowawayServices } from './services.js';
import { makeTemplate } from './template-database.js';

/**
 * Runs Jest against a PostgreSQL and a Redis made for this run, and ends with a line like `412 passed, 0 failed`.
 * @param args for Jest
 * @returns Jest's exit code
 */
export async function main(root: string, args: string[], signal: AbortSignal): Promise<number> {
  const folder = await runFolder(root);
  try {
    const services = await step('Starting a PostgreSQL and a Redis for this run', () =>
      startThrowawayServices(root, folder),
    );
    try {
      await step('Migrating the template of the test databases', () =>
        makeTemplate(root, services.postgres, signal),
      );
      return await runJest(root, folder, services, args, signal);
    } finally {
      await services.stop();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function runJest(
  root: string,
  folder: string,
  services: PrivateServices,
  args: string[],
  signal: AbortSignal,
): Promise<number> {
  const report = join(folder, 'jest.json');
  const jest = [
    join(root, 'node_modules/jest/bin/jest.js'),
    '--json',
    `--outputFile=${report}`,
    '--testLocationInResults=false',
    ...args,
  ];
  const env = {
    ...process.env,
    NODE_ENV: 'test',
    TEST_DATABASE_URL: services.postgres.url('postgres'),
    TEST_REDIS_URL: services.redis.url,
  };
  const { code } = await run(process.execPath, jest, { cwd: root, env, show: true, signal });
  console.log(summary(report));
  return code;
}

interface JestReport {
  numPassedTests: number;
  numFailedTests: number;
  numPendingTests: number;
  numTodoTests: number;
  /** Test files that failed before any of their tests ran. */
  numRuntimeErrorTestSuites: number;
}

function summary(file: string): string {
  if (!existsSync(file)) return '0 passed, 0 failed'; // nothing matched the arguments, which Jest has said
  const report = JSON.parse(readFileSync(file, 'utf8')) as JestReport;
  const skipped = report.numPendingTests + report.numTodoTests;
  const failed = report.numFailedTests + report.numRuntimeErrorTestSuites;
  return `${report.numPassedTests} passed, ${failed} failed${skipped ? `, ${skipped} skipped` : ''}`;
}
