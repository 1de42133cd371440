import { text } from 'node:stream/consumers';
import { CROSS_SITE, isCrossSite } from '../same-origin.js';
import { control } from './control.js';
import { readConversation } from './conversation.js';
import type { Exchange } from './exchange.js';
import { generate, refuseKey, type GenerateCall } from './generate.js';
import { googleError, unknownModel } from './google-error.js';
import { findModel, MODELS } from './model-catalog.js';
import type { Sandbox } from './sandbox.js';
import { countPromptTokens } from './token-count.js';

const MODEL_METHOD = /^\/v1(?:beta)?\/models\/([^/:]+):(\w+)$/;
const MODEL = /^\/v1(?:beta)?\/models(?:\/([^/:]+))?$/;

/** Dispatches a request by method and path. */
export async function route(sandbox: Sandbox, exchange: Exchange): Promise<void> {
  const { request } = exchange;
  const url = new URL(request.url ?? '/', 'http://sandbox');
  const method = request.method ?? 'GET';
  if (isCrossSite(method, request.headers)) return exchange.json(403, { error: CROSS_SITE });
  const body = await text(request);
  if (url.pathname.startsWith('/sandbox/')) {
    const { status, body: json } = control(sandbox, method, url, body);
    return exchange.json(status, json);
  }
  const key = request.headers['x-goog-api-key']?.toString() ?? url.searchParams.get('key') ?? '';
  const [, model, task] = MODEL_METHOD.exec(url.pathname) ?? [];
  if (method === 'POST' && model && task) {
    return post(sandbox, exchange, { method: task, model, key, body }, url);
  }
  const catalog = MODEL.exec(url.pathname);
  if (method === 'GET' && catalog) return models(exchange, key, catalog[1]);
  exchange.refuse(googleError(404, `No route ${method} ${url.pathname}`));
}

async function post(sandbox: Sandbox, exchange: Exchange, call: GenerateCall, url: URL): Promise<void> {
  if (call.method === 'countTokens') return count(exchange, call);
  if (call.method === 'streamGenerateContent' && url.searchParams.get('alt') !== 'sse') {
    return exchange.refuse(googleError(400, 'The sandbox streams only with alt=sse.'));
  }
  if (call.method !== 'generateContent' && call.method !== 'streamGenerateContent') {
    return exchange.refuse(unknownModel(call.model, call.method));
  }
  await generate(sandbox, exchange, call);
}

function models(exchange: Exchange, key: string, id?: string): void {
  const refusal = refuseKey(key);
  if (refusal) return exchange.refuse(refusal);
  if (!id) return exchange.json(200, { models: MODELS });
  const model = findModel(id);
  if (!model) return exchange.refuse(unknownModel(id, 'generateContent'));
  exchange.json(200, model);
}

/** The body is that of a generate call, either bare or as `generateContentRequest`, which is how SDKs send an instruction along. */
function count(exchange: Exchange, { key, model, method, body }: GenerateCall): void {
  const refusal = refuseKey(key) ?? (findModel(model) ? null : unknownModel(model, method));
  if (refusal) return exchange.refuse(refusal);
  const read = readConversation(unwrap(body));
  if ('error' in read) return exchange.refuse(read.error);
  exchange.json(200, { totalTokens: countPromptTokens(read.conversation) });
}

function unwrap(body: string): string {
  try {
    const json = JSON.parse(body) as { generateContentRequest?: unknown };
    return json.generateContentRequest ? JSON.stringify(json.generateContentRequest) : body;
  } catch {
    return body; // readConversation reports the error
  }
}
