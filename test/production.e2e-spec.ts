import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const MISSING = ['REDIS_URL', 'STRIPE_WEBHOOK_SECRET', 'STRIPE_PRO_PRICE_ID', 'OTP_DELIVERY'];
const PLACEHOLDERS = {
  DATABASE_URL: 'postgresql://user:password@host:5432/database',
  JWT_SECRET: 'change-me-to-something-of-at-least-32-bytes',
  GEMINI_API_KEY: 'your-gemini-api-key',
  STRIPE_SECRET_KEY: 'sk_test_your_key',
};

describe('a production process', () => {
  // Away from the .env file of whoever runs the tests.
  const folder = mkdtempSync(path.join(tmpdir(), 'production-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  it.each(['dist/main.js', 'dist/worker.js'])(
    'refuses to start, names every missing and placeholder setting at once, and repeats no value: %s',
    async (entry) => {
      const child = spawn(process.execPath, [path.resolve(entry)], {
        cwd: folder,
        env: { PATH: process.env.PATH, NODE_ENV: 'production', ...PLACEHOLDERS },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      let output = '';
      for (const stream of [child.stdout, child.stderr])
        stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
      const [code] = (await once(child, 'close')) as [number | null];
      expect(code).toBe(1);
      const named = [...output.matchAll(/^ {2}- (\w+): (.*)$/gm)].map(([, name, fault]) => ({ name, fault }));
      expect(named).toHaveLength(MISSING.length + Object.keys(PLACEHOLDERS).length);
      for (const name of MISSING)
        expect(named).toContainEqual({ name, fault: expect.stringMatching(/^is required/) });
      for (const [name, value] of Object.entries(PLACEHOLDERS)) {
        expect(named).toContainEqual({ name, fault: expect.stringMatching(/^is a placeholder/) });
        expect(output).not.toContain(value);
      }
    },
  );
});
