import { createGeminiSandbox } from '../../dev/sandbox/gemini/create-gemini-sandbox.js';
import {
  GeminiClient,
  type GeminiOptions,
  type GeminiRequest,
} from '../../src/infra/gemini/gemini.client.js';
import type { GeminiResult } from '../../src/infra/gemini/response-accumulator.js';

export const sandbox = createGeminiSandbox({ chunkDelayMs: 1 });
let baseUrl: string;
const unhandled: unknown[] = [];
const onUnhandled = (reason: unknown) => unhandled.push(reason);

/** Registers the hooks that start and stop the sandbox, and require that no rejection was left unhandled. */
export function useGeminiSandbox(): void {
  beforeAll(async () => {
    baseUrl = await sandbox.listen();
    process.on('unhandledRejection', onUnhandled);
  });
  afterAll(async () => {
    process.off('unhandledRejection', onUnhandled);
    await sandbox.close();
  });
  afterEach(async () => {
    await new Promise((resolve) => setImmediate(resolve));
    expect(unhandled.splice(0)).toEqual([]);
  });
}

/** Where the sandbox is. */
export const sandboxUrl = () => baseUrl;

export const client = (options: Partial<GeminiOptions> = {}) =>
  new GeminiClient({ apiKey: 'key', baseUrl, timeoutMs: 10_000, idleTimeoutMs: 5_000, ...options });

export const request = (text: string, more: Partial<GeminiRequest> = {}): GeminiRequest => ({
  model: 'gemini-3.8-flash',
  systemInstruction: '',
  contents: [{ role: 'user', text }],
  maxOutputTokens: 8192,
  signal: new AbortController().signal,
  ...more,
});

export interface Told {
  result?: GeminiResult;
  error?: any;
  deltas: string[];
}

/** Calls Gemini through the client, and keeps what it told on the way. */
export async function generate(
  text: string,
  more: Partial<GeminiRequest> = {},
  options: Partial<GeminiOptions> = {},
): Promise<Told> {
  const deltas: string[] = [];
  try {
    const result = await client(options).generate(request(text, more), (delta) => deltas.push(delta));
    return { result, deltas };
  } catch (error) {
    return { error, deltas };
  }
}

export const lastCall = () => sandbox.journal.all().at(-1);
