import { z } from 'zod';

/** What the sandbox accepts in a request; names and nesting are those of Google's REST API, v1beta. */
const part = z.looseObject({ text: z.string().optional() });
const content = z.looseObject({ role: z.string().optional(), parts: z.array(part).optional() });

export const generateRequest = z.strictObject({
  contents: z.array(content).optional(),
  systemInstruction: content.optional(),
  generationConfig: z.looseObject({ maxOutputTokens: z.number().int().positive().optional() }).optional(),
  safetySettings: z.array(z.unknown()).optional(),
  tools: z.array(z.unknown()).optional(),
  toolConfig: z.unknown().optional(),
  cachedContent: z.string().optional(),
  model: z.string().optional(),
});

export type GenerateRequest = z.infer<typeof generateRequest>;

export interface Part {
  text: string;
  thought?: boolean;
}

export interface Usage {
  promptTokenCount: number;
  candidatesTokenCount?: number;
  thoughtsTokenCount?: number;
  cachedContentTokenCount?: number;
  totalTokenCount: number;
}

export interface Candidate {
  content?: { role: 'model'; parts: Part[] };
  finishReason?: string;
  index: number;
}

/** One chunk of a stream, and the whole response of `generateContent`. */
export interface GenerateContentResponse {
  candidates?: Candidate[];
  promptFeedback?: { blockReason: string };
  usageMetadata: Usage;
  modelVersion: string;
  responseId: string;
}

/** A request after validation: the turns as text, in order. */
export interface Conversation {
  turns: { role: 'user' | 'model'; text: string }[];
  systemInstruction: string;
  maxOutputTokens: number;
}
