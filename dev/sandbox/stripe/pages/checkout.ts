import type { FastifyInstance } from 'fastify';
import { testCard, testCards } from '../card.js';
import { ApiError } from '../api-error.js';
import type { CheckoutSession } from '../wire/checkout-session.js';
import type { SandboxContext } from '../context.js';
import { dayOf, escape, layout, money } from './layout.js';
import { asPage } from './page.js';

interface CardForm {
  card?: string;
  expiry?: string;
  cvc?: string;
}

/** The hosted checkout page: pay with a test card, be declined, or go back. It works without scripts. */
export function checkoutPages(app: FastifyInstance, context: SandboxContext): void {
  const find = (id: string) => context.store.state.sessions[id];

  app.get<{ Params: { id: string } }>('/c/pay/:id', ({ params }, reply) => {
    const session = find(params.id);
    void asPage(reply, { script, leadsTo: session && [session.success_url] });
    if (!session) return reply.status(404).send(closedPage('There is no such checkout.', null));
    return reply.send(
      session.status === 'open' ? openPage(session) : closedPage(closedReason(session), session.cancel_url),
    );
  });

  app.post<{ Params: { id: string }; Body: CardForm }>('/c/pay/:id', ({ params, body }, reply) => {
    const session = find(params.id);
    void asPage(reply, { script, leadsTo: session && [session.success_url] });
    if (!session) return reply.status(404).send(closedPage('There is no such checkout.', null));
    if (session.status !== 'open')
      return reply.status(409).send(closedPage(closedReason(session), session.cancel_url));
    const problem = pay(context, session, body);
    if (problem) return reply.status(402).send(openPage(session, body, problem));
    return reply.redirect(session.success_url.replaceAll('{CHECKOUT_SESSION_ID}', session.id), 303);
  });
}

function closedReason({ status }: CheckoutSession): string {
  return status === 'complete' ? 'This checkout is already paid.' : 'This checkout has expired.';
}

/** @returns null when it is paid, else the reason for the form */
function pay(
  context: SandboxContext,
  session: CheckoutSession,
  { card = '', expiry = '', cvc = '' }: CardForm,
): string | null {
  const testCardUsed = testCard(card);
  if (!testCardUsed)
    return 'Only the test cards below work here. Never type a real card number into a sandbox.';
  if (!/^\s*(0[1-9]|1[0-2])\s*\/\s*\d{2}\s*$/.test(expiry)) return 'The expiry date reads like 12/34.';
  if (!/^\s*\d{3}\s*$/.test(cvc)) return 'The security code has three digits.';
  try {
    context.checkout.pay(session, testCardUsed);
    return null;
  } catch (error) {
    if (error instanceof ApiError) return error.message;
    throw error;
  }
}

function openPage(session: CheckoutSession, form: CardForm = {}, problem?: string): string {
  const line = session.line_items.data[0];
  const total = money(session.amount_total, session.currency);
  const per = line?.price.recurring?.interval ?? 'month';
  return layout(
    `Subscribe to ${line?.description ?? ''}`,
    `<main class="split">
<section class="summary" aria-labelledby="what"><div class="inner">
<h1 id="what">Subscribe to ${escape(line?.description ?? '')}</h1>
<p class="amount">${total} <small>per ${per}</small></p>
<dl class="rows">
<div><dt>${escape(line?.description ?? '')}${(line?.quantity ?? 1) > 1 ? ` × ${line?.quantity}` : ''}, billed every ${per}</dt><dd>${total}</dd></div>
<div><dt>Due today</dt><dd>${total}</dd></div>
<div><dt>Open until</dt><dd>${dayOf(session.expires_at)}</dd></div>
</dl></div></section>
<section class="pay" aria-labelledby="how"><div class="inner">
<form method="post" class="stack" id="payment-form">
<h2 id="how">Pay with card</h2>
${problem ? `<p class="note bad" role="alert" id="problem">${escape(problem)}</p>` : ''}
${cardFields(form, problem)}
<button class="main" type="submit">Pay ${total} and subscribe</button>
${testCardButtons()}
</form>
${session.cancel_url ? `<p><a href="${escape(session.cancel_url)}" id="back">Go back without paying</a></p>` : ''}
</div></section></main><script>${script}</script>`,
  );
}

function cardFields({ card, expiry, cvc }: CardForm, problem?: string): string {
  const wrong = problem ? ' aria-invalid="true" aria-describedby="problem"' : '';
  return `<div><label for="card">Card number</label>
<input type="text" id="card" name="card" inputmode="numeric" autocomplete="off" required value="${escape(card ?? '4242 4242 4242 4242')}"${wrong}></div>
<div class="pair"><div><label for="expiry">Expiry (MM/YY)</label>
<input type="text" id="expiry" name="expiry" inputmode="numeric" autocomplete="off" required value="${escape(expiry ?? '12/34')}"></div>
<div><label for="cvc">Security code</label>
<input type="text" id="cvc" name="cvc" inputmode="numeric" autocomplete="off" required value="${escape(cvc ?? '123')}"></div></div>`;
}

/** The buttons fill the card field; without scripts the number shown can be typed. */
function testCardButtons(): string {
  const buttons = testCards.map(({ number, label }) => {
    const shown = number.replace(/(.{4})(?=.)/g, '$1 ');
    return `<button type="button" data-card="${shown}"><span>${label}</span><code>${shown}</code></button>`;
  });
  return `<fieldset><legend>Test cards</legend><div class="choices">${buttons.join('\n')}</div></fieldset>`;
}

const script = `
for (const chip of document.querySelectorAll('[data-card]')) {
  chip.addEventListener('click', () => {
    const field = document.getElementById('card');
    field.value = chip.dataset.card;
    field.focus();
  });
}
`;

function closedPage(reason: string, back: string | null): string {
  return layout(
    'Checkout',
    `<main class="narrow"><div class="card stack"><h1>${escape(reason)}</h1>
<p class="quiet">Start again from the product to get a new checkout.</p>
${back ? `<p><a class="button" href="${escape(back)}">Back to the product</a></p>` : ''}</div></main>`,
  );
}
