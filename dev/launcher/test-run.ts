import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { run, step } from '../step.mjs';
import { runFolder } from './run-folder.js';
import { type PrivateServices, startThrowawayServices } from './services.js';
import { makeTemplate } from './template-database.js';

/**
 * Runs Jest with a PostgreSQL and a Redis of this run, and ends with a line like `412 passed, 0 failed`.
 * @param args of Jest: its options, and files or folders of tests
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
    ...args.map((arg, index) => (args[index - 1]?.startsWith('-') ? arg : exactPath(root, arg))),
  ];
  const env = {
    ...process.env,
    NODE_ENV: 'test',
    TEST_DATABASE_URL: services.postgres.url('postgres'),
    TEST_REDIS_URL: services.redis.url,
  };
  const { code } = await run(process.execPath, jest, { cwd: root, env, show: true, signal });
  console.log(summary(report, args));
  return code;
}

/** Jest takes a path as a pattern that may match anywhere: an existing file or folder becomes one that matches only itself. */
function exactPath(root: string, arg: string): string {
  const path = join(root, arg);
  if (arg.startsWith('-') || !existsSync(path)) return arg;
  return `^${path.replace(/\/$/, '').replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}(/|$)`;
}

interface JestReport {
  numPassedTests: number;
  numFailedTests: number;
  numPendingTests: number;
  numTodoTests: number;
  /** Test files that failed before any of their tests ran. */
  numRuntimeErrorTestSuites: number;
}

function summary(file: string, args: string[]): string {
  // Without a test file Jest writes no report.
  if (!existsSync(file)) return `No test file matches: ${args.join(' ')}\n0 passed, 0 failed`;
  const report = JSON.parse(readFileSync(file, 'utf8')) as JestReport;
  const skipped = report.numPendingTests + report.numTodoTests;
  const failed = report.numFailedTests + report.numRuntimeErrorTestSuites;
  const counts = `${report.numPassedTests} passed, ${failed} failed${skipped ? `, ${skipped} skipped` : ''}`;
  const noneRun = report.numPassedTests + failed === 0;
  return noneRun ? `No test was run with: ${args.join(' ')}\n${counts}` : counts;
}
