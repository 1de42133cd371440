import { z } from 'zod';
import type { Call } from './journal.js';
import type { Sandbox } from './sandbox.js';

const faultSetting = z.strictObject({
  directive: z.string().optional(),
  match: z.string().optional(),
  rate: z
    .strictObject({ limit: z.number().int().min(0), windowSeconds: z.number().positive().default(60) })
    .optional(),
});

export interface ControlResponse {
  status: number;
  body: unknown;
}

const respond = (body: unknown, status = 200): ControlResponse => ({ status, body });

/** The routes under `/sandbox/`: the journal of calls, and faults for all calls at once. */
export function control(sandbox: Sandbox, method: string, url: URL, body: string): ControlResponse {
  switch (`${method} ${url.pathname}`) {
    case 'GET /sandbox/health':
      return respond({ ok: true, running: sandbox.journal.running });
    case 'GET /sandbox/calls':
      return respond(listCalls(sandbox, url.searchParams));
    case 'DELETE /sandbox/calls':
      sandbox.journal.clear();
      return respond({ ok: true });
    case 'GET /sandbox/fault':
      return respond(sandbox.faults.get());
    case 'PUT /sandbox/fault':
      return setFault(sandbox, body);
    case 'DELETE /sandbox/fault':
      sandbox.faults.set({});
      return respond({});
    default:
      return respond({ error: `no route ${method} ${url.pathname}` }, 404);
  }
}

function setFault(sandbox: Sandbox, body: string): ControlResponse {
  try {
    sandbox.faults.set(faultSetting.parse(JSON.parse(body)));
    return respond(sandbox.faults.get());
  } catch (error) {
    return respond({ error: error instanceof Error ? error.message : 'not valid' }, 400);
  }
}

function listCalls({ journal }: Sandbox, query: URLSearchParams) {
  const matched = journal.all().filter((call) => matches(call, query));
  const limit = Number(query.get('limit') ?? matched.length);
  return {
    /** The number of calls since the start, and of those removed to limit memory. */
    total: journal.total,
    dropped: journal.dropped,
    running: journal.running,
    matched: matched.length,
    calls: matched
      .slice(-limit || matched.length)
      .map((call) => (query.get('brief') ? withoutTexts(call) : call)),
  };
}

function matches(call: Call, query: URLSearchParams): boolean {
  const text = query.get('text') ?? '';
  const is = (name: 'model' | 'outcome' | 'method') => !query.has(name) || query.get(name) === call[name];
  return (
    is('model') &&
    is('outcome') &&
    is('method') &&
    call.sequence > Number(query.get('since') ?? 0) &&
    (call.contents.at(-1)?.text ?? '').includes(query.get('prompt') ?? '') &&
    (!text || call.contents.some((turn) => turn.text.includes(text)))
  );
}

/** A call without its conversation, for audits of very many calls. */
function withoutTexts({ contents: _contents, text: _text, systemInstruction: _instruction, ...call }: Call) {
  return call;
}
