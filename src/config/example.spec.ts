import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { loadSettings, SETTING_NAMES } from './settings.js';

const REQUIRED = {
  DATABASE_URL: 'postgresql://localhost/app',
  REDIS_URL: 'redis://localhost',
  JWT_SECRET: 'k'.repeat(32),
  GEMINI_API_KEY: 'key',
  STRIPE_SECRET_KEY: 'sk',
  STRIPE_WEBHOOK_SECRET: 'whsec',
  STRIPE_PRO_PRICE_ID: 'price',
};

describe('.env.example', () => {
  const text = readFileSync(join(__dirname, '../../.env.example'), 'utf8');
  const example = parseEnv(text);

  it('lists every setting, and no other', () => {
    expect(Object.keys(example).sort()).toEqual([...SETTING_NAMES].sort());
  });

  it('says why of each, above it or above the one it belongs to', () => {
    const lines = text.split('\n');
    const bare = lines.filter(
      (line, i) => /^[A-Z]/.test(line) && !/^(# [^-]|[A-Z_]+=)/.test(lines[i - 1] ?? ''),
    );
    expect(bare).toEqual([]);
  });

  it('shows the defaults: copied as it is, it changes nothing', () => {
    expect(loadSettings({ ...example, ...REQUIRED })).toEqual(loadSettings(REQUIRED));
  });

  it('holds no secret, and leaves what npm start provides by itself unset', () => {
    for (const name of Object.keys(REQUIRED)) expect([name, example[name]]).toEqual([name, '']);
  });
});
