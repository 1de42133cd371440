import { z } from 'zod';
import { googleError, type GoogleError } from './google-error.js';
import { generateRequest, type Conversation, type GenerateRequest } from './wire.js';

const OUTPUT_LIMIT = 65_536;
type Refused = { error: GoogleError };
type Accepted = { conversation: Conversation };

const refuse = (message: string): Refused => ({ error: googleError(400, message) });

/** Reads and checks a body as Google does, and a little stricter: roles must alternate and the last turn is the user's. */
export function readConversation(body: string): Refused | Accepted {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    return refuse('Invalid JSON payload received. Unexpected token.');
  }
  const parsed = generateRequest.safeParse(json);
  return parsed.success ? check(parsed.data) : refuse(invalidPayload(parsed.error));
}

function invalidPayload(error: z.ZodError): string {
  const issue = error.issues[0];
  if (issue?.code === 'unrecognized_keys') {
    return `Invalid JSON payload received. Unknown name "${issue.keys[0]}": Cannot find field.`;
  }
  return `Invalid value at '${issue?.path.join('.') ?? ''}': ${issue?.message ?? 'not valid'}`;
}

function check(request: GenerateRequest): Refused | Accepted {
  const contents = request.contents ?? [];
  if (contents.length === 0) return refuse('* GenerateContentRequest.contents: contents is not specified');
  const turns: Conversation['turns'] = [];
  for (const [index, content] of contents.entries()) {
    const role = content.role ?? 'user';
    const expected = index % 2 === 0 ? 'user' : 'model';
    if (role !== 'user' && role !== 'model') return refuse('Please use a valid role: user, model.');
    if (index === 0 && role !== 'user')
      return refuse('Please ensure that the first turn of contents is a user turn.');
    if (role !== expected) return refuse('Please ensure that roles alternate between user and model.');
    const text = readText(content.parts, `contents[${index}]`);
    if (typeof text !== 'string') return text;
    turns.push({ role, text });
  }
  if (turns.at(-1)?.role !== 'user')
    return refuse('Please ensure that the last turn of contents is a user turn.');
  const instruction =
    request.systemInstruction && readText(request.systemInstruction.parts, 'system_instruction');
  if (typeof instruction === 'object') return instruction;
  const maxOutputTokens = request.generationConfig?.maxOutputTokens ?? OUTPUT_LIMIT;
  return { conversation: { turns, systemInstruction: instruction ?? '', maxOutputTokens } };
}

function readText(parts: { text?: string }[] | undefined, where: string): string | Refused {
  const field = `* GenerateContentRequest.${where}.parts`;
  if (!parts || parts.length === 0) return refuse(`${field}: contents.parts must not be empty.`);
  const empty = parts.findIndex((part) => !part.text);
  if (empty >= 0)
    return refuse(`${field}[${empty}].data: required oneof field 'data' must have one initialized field`);
  return parts.map((part) => part.text).join('');
}
