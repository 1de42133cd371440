import { loadSettings } from './settings.js';

const BASE = {
  DATABASE_URL: 'postgresql://localhost/app',
  REDIS_URL: 'redis://localhost',
  JWT_SECRET: 'a-signing-key-0123456789-0123456789',
  GEMINI_API_KEY: 'AIza-real',
  STRIPE_SECRET_KEY: 'sk_live_51abc',
  STRIPE_WEBHOOK_SECRET: 'whsec_51abc',
  STRIPE_PRO_PRICE_ID: 'price_51abc',
};

/** What an environment is refused with: the names of the settings, and the whole message. */
function refusal(more: Record<string, string>): { names: (string | undefined)[]; message: string } {
  try {
    loadSettings({ ...BASE, ...more });
    return { names: [], message: '' };
  } catch (error) {
    const { message } = error as Error;
    return { names: [...message.matchAll(/^ {2}- (\w+)/gm)].map(([, name]) => name), message };
  }
}

describe('the name of a model', () => {
  it('may have models/ before it', () => {
    const { GEMINI_MODEL, GEMINI_FALLBACK_MODEL, GEMINI_ALLOWED_MODELS } = loadSettings({
      ...BASE,
      GEMINI_MODEL: 'models/gemini-x',
      GEMINI_FALLBACK_MODEL: 'tunedModels/ours',
      GEMINI_ALLOWED_MODELS: 'models/gemini-x, gemini-x, models/gemini-y',
    });
    expect([GEMINI_MODEL, GEMINI_FALLBACK_MODEL]).toEqual(['gemini-x', 'tunedModels/ours']);
    expect(GEMINI_ALLOWED_MODELS).toEqual(['gemini-x', 'gemini-y']);
  });

  it('is allowed without it where a setting has it', () => {
    const settings = loadSettings({ ...BASE, GEMINI_MODEL: 'models/gemini-x' });
    expect(settings.GEMINI_ALLOWED_MODELS).toEqual(['gemini-x', 'gemini-3.5-flash-lite']);
  });

  it.each(['gemini 3', 'gemini\u200b-3', 'models/', '../gemini?', 'gemini:stream'])('is not %j', (name) => {
    expect(refusal({ GEMINI_MODEL: name }).names).toEqual(['GEMINI_MODEL']);
    expect(refusal({ GEMINI_ALLOWED_MODELS: `gemini-x,${name}` }).names).toEqual(['GEMINI_ALLOWED_MODELS']);
  });
});

describe('a key', () => {
  it.each([' AIza-key', 'AIza-key\n', '\uFEFFAIza-key', '\u00a0AIza-key\t'])('%j is trimmed', (key) => {
    expect(loadSettings({ ...BASE, GEMINI_API_KEY: key }).GEMINI_API_KEY).toBe('AIza-key');
  });

  it.each(['AIza key', 'AIza-key\u200b', '\u2060AIza-key', 'AIza\u00adkey', 'AIza\nkey', 'ключ', 'AIza\0'])(
    '%j is refused, and not told',
    (key) => {
      for (const name of ['GEMINI_API_KEY', 'STRIPE_SECRET_KEY', 'TWILIO_AUTH_TOKEN'])
        expect(refusal({ [name]: key }).names).toEqual([name]);
      expect(refusal({ GEMINI_API_KEY: key }).message).not.toContain(key);
    },
  );
});
