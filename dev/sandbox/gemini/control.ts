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

export interface ControlAnswer {
  status: number;
  body: unknown;
}

const answer = (body: unknown, status = 200): ControlAnswer => ({ status, body });

/** The routes under `/sandbox/`, for tests and the curious: what was asked, and faults for all calls at once. */
export function control(sandbox: Sandbox, method: string, url: URL, body: string): ControlAnswer {
  switch (`${method} ${url.pathname}`) {
    case 'GET /sandbox/health':
      return answer({ ok: true, running: sandbox.journal.running });
    case 'GET /sandbox/calls':
      return answer(listCalls(sandbox, url.searchParams));
    case 'DELETE /sandbox/calls':
      sandbox.journal.clear();
      return answer({ ok: true });
    case 'GET /sandbox/fault':
      return answer(sandbox.faults.get());
    case 'PUT /sandbox/fault':
      return setFault(sandbox, body);
    case 'DELETE /sandbox/fault':
      sandbox.faults.set({});
      return answer({});
    default:
      return answer({ error: `no route ${method} ${url.pathname}` }, 404);
  }
}

function setFault(sandbox: Sandbox, body: string): ControlAnswer {
  try {
    sandbox.faults.set(faultSetting.parse(JSON.parse(body)));
    return answer(sandbox.faults.get());
  } catch (error) {
    return answer({ error: error instanceof Error ? error.message : 'not valid' }, 400);
  }
}

function listCalls({ journal }: Sandbox, query: URLSearchParams) {
  const matched = journal.all().filter((call) => matches(call, query));
  const limit = Number(query.get('limit') ?? matched.length);
  return {
    /** Calls since the start, and how many of them were forgotten to bound memory. */
    total: journal.total,
    dropped: journal.dropped,
    running: journal.running,
    matched: matched.length,
    calls: matched.slice(-limit || matched.length).map((call) => (query.get('brief') ? brief(call) : call)),
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

/** Without the conversation, for audits of very many calls. */
function brief({ contents: _contents, text: _text, systemInstruction: _instruction, ...call }: Call) {
  return call;
}
