import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { run, step } from '../step.mjs';
import { bundleProduct } from './product-bundle.js';
import { runFolder } from './run-folder.js';
import { startThrowawayServices } from './services.js';
import { makeTemplate } from './template-database.js';

/**
 * Runs Jest with a PostgreSQL and a Redis of this run, and ends with a line like `412 passed, 0 failed`.
 * @param args of Jest: its options, and files or folders of tests
 * @returns Jest's exit code
 */
export async function main(root: string, args: string[], signal: AbortSignal): Promise<number> {
  const folder = await runFolder(root);
  try {
    const product = await bundleProduct(root);
    const services = await step('Starting a PostgreSQL and a Redis for this run', () =>
      startThrowawayServices(root, folder),
    );
    try {
      await step('Migrating the template of the test databases', () =>
        makeTemplate(root, services.postgres, signal),
      );
      const report = join(folder, 'jest.json');
      const env = {
        NODE_ENV: 'test',
        TEST_DATABASE_URL: services.postgres.url('postgres'),
        TEST_REDIS_URL: services.redis.url,
        TEST_PRODUCT: product,
      };
      const code = await runJest({ root, report, env, args, signal });
      // Without a test file Jest writes no report.
      if (!existsSync(report)) {
        console.log(`No test file matches: ${args.join(' ')}\n0 passed, 0 failed`);
        return code;
      }
      keepDurations(root, readReport(report));
      console.log(summary(readReport(report), args));
      return code;
    } finally {
      await services.stop();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

interface JestRun {
  root: string;
  /** Where Jest writes its results as JSON. */
  report: string;
  env: Record<string, string>;
  args: string[];
  signal: AbortSignal;
}

async function runJest({ root, report, env, args, signal }: JestRun): Promise<number> {
  const jest = [
    join(root, 'node_modules/jest/bin/jest.js'),
    '--json',
    `--outputFile=${report}`,
    '--testLocationInResults=false',
    ...args.map((arg, index) => (args[index - 1]?.startsWith('-') ? arg : exactPath(root, arg))),
  ];
  const options = { cwd: root, env: { ...process.env, ...env }, show: true, signal };
  const { code } = await run(process.execPath, jest, options);
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
  testResults: { name: string; startTime: number; endTime: number }[];
}

const readReport = (file: string) => JSON.parse(readFileSync(file, 'utf8')) as JestReport;

function summary(report: JestReport, args: string[]): string {
  const skipped = report.numPendingTests + report.numTodoTests;
  const failed = report.numFailedTests + report.numRuntimeErrorTestSuites;
  const counts = `${report.numPassedTests} passed, ${failed} failed${skipped ? `, ${skipped} skipped` : ''}`;
  const noneRun = report.numPassedTests + failed === 0;
  return noneRun ? `No test was run with: ${args.join(' ')}\n${counts}` : counts;
}

/** How many of the slowest test files are named at the end of a run of more files. */
const SLOWEST = 10;

/** Writes the seconds of every test file to `.local/test-durations.json`, slowest first, and names the slowest. */
function keepDurations(root: string, { testResults }: JestReport): void {
  const seconds = testResults
    .map(({ name, startTime, endTime }) => [relative(root, name), (endTime - startTime) / 1000] as const)
    .sort(([, a], [, b]) => b - a);
  if (seconds.length <= SLOWEST) return;
  const file = join(root, '.local', 'test-durations.json');
  writeFileSync(file, `${JSON.stringify(Object.fromEntries(seconds), null, 2)}\n`);
  console.log(`The slowest of ${seconds.length} test files (all in ${relative(root, file)}):`);
  for (const [name, took] of seconds.slice(0, SLOWEST))
    console.log(`${took.toFixed(1).padStart(7)} s ${name}`);
}
