import { GoogleGenerativeAI, type Content } from '@google/generative-ai';

interface WirePart {
  text?: string;
  thought?: boolean;
}

/** A chunk as it is on the wire; the SDK's type lacks what came after it. */
export interface WireChunk {
  error?: { code: number; status: string };
  candidates?: { finishReason?: string; content?: { parts?: WirePart[] } }[];
  promptFeedback?: { blockReason?: string };
  usageMetadata?: Record<string, number>;
}

/** The real SDK, pointed at a sandbox. */
export function sdk(
  baseUrl: string,
  { model = 'gemini-3.8-flash', key = 'any', system = '', maxOutputTokens = 8192 } = {},
) {
  const params = {
    model,
    generationConfig: { maxOutputTokens },
    ...(system && { systemInstruction: system }),
  };
  return new GoogleGenerativeAI(key).getGenerativeModel(params, { baseUrl });
}

export type Sdk = ReturnType<typeof sdk>;

export const user = (text: string): Content => ({ role: 'user', parts: [{ text }] });
export const model = (text: string): Content => ({ role: 'model', parts: [{ text }] });

/** All chunks of a streamed reply; throws what the SDK throws. */
export async function stream(
  client: Sdk,
  prompt: string | Content[],
  signal?: AbortSignal,
): Promise<WireChunk[]> {
  const contents = typeof prompt === 'string' ? [user(prompt)] : prompt;
  const { stream: chunks, response } = await client.generateContentStream(
    { contents },
    signal ? { signal } : {},
  );
  response.catch(() => undefined); // the same failure once more, which nobody would handle
  const all: WireChunk[] = [];
  for await (const chunk of chunks) all.push(chunk as unknown as WireChunk);
  return all;
}

export const partsOf = (chunk?: WireChunk): WirePart[] => chunk?.candidates?.[0]?.content?.parts ?? [];

export const visible = (chunks: WireChunk[]): string =>
  chunks
    .flatMap(partsOf)
    .map((part) => (part.thought ? '' : (part.text ?? '')))
    .join('');

export const finishOf = (chunks: WireChunk[]) => chunks.at(-1)?.candidates?.[0]?.finishReason;

/** What the SDK rejects with; fails when it does not. */
export async function failure(work: Promise<unknown>): Promise<any> {
  const done = await work.then(
    () => null,
    (error: unknown) => error,
  );
  if (!done) throw new Error('expected a failure');
  return done;
}

/** Looks again until the condition holds, for at most three seconds. */
export async function until(holds: () => boolean): Promise<void> {
  const deadline = Date.now() + 3000;
  while (!holds()) {
    if (Date.now() > deadline) throw new Error('the condition never held');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
