import { testCards } from '../card.js';
import { isLive, itemOf, scheduledEnd } from '../subscription.js';
import type { PortalSession } from '../wire/billing-portal.js';
import type { Subscription } from '../wire/subscription.js';
import type { SandboxContext } from '../context.js';
import { invoiceBadge } from './invoice.js';
import { dayOf, escape, layout, money } from './layout.js';

export function portalPage(context: SandboxContext, session: PortalSession): string {
  const { state } = context.store;
  const { customer } = session;
  const all = Object.values(state.subscriptions).filter((entry) => entry.customer === customer);
  const shown = all.filter(isLive).reverse();
  const owner = state.customers[customer];
  return layout(
    'Your subscription',
    `<main class="narrow stack">
<header class="head"><div><h1>Your subscription</h1>
<p class="quiet small" style="margin:0">${escape(owner?.email ?? owner?.phone ?? customer)}</p></div>
${session.return_url ? `<a class="button" id="return" href="${escape(session.return_url)}">Back to the product</a>` : ''}</header>
${shown.map((entry) => subscriptionCard(context, entry)).join('\n') || noSubscription(all)}
${invoiceCard(context, customer)}
${clockCard(context, customer)}
</main>`,
  );
}

export function closedPortal(): string {
  return layout(
    'Portal',
    '<main class="narrow"><div class="card"><h1>This portal link is not valid.</h1></div></main>',
  );
}

function noSubscription(past: Subscription[]): string {
  const last = past.at(-1);
  const when = last?.ended_at ? ` Your last one ended on ${dayOf(last.ended_at)}.` : '';
  return `<section class="card"><h2>No running subscription</h2><p class="quiet" style="margin:0">${when || 'You have none yet.'}</p></section>`;
}

function subscriptionCard(context: SandboxContext, subscription: Subscription): string {
  const item = itemOf(subscription);
  const name = context.store.state.products[item.price.product]?.name ?? item.price.id;
  const card = context.store.state.paymentMethods[subscription.default_payment_method ?? ''];
  const price = money(item.price.unit_amount * item.quantity, subscription.currency);
  const end = scheduledEnd(subscription);
  const next = end === null ? ['Renews on', dayOf(item.current_period_end)] : ['Ends on', dayOf(end)];
  return `<section class="card stack" aria-label="${escape(name)}">
<div class="head"><div><h2 style="margin:0">${escape(name)}</h2>
<p class="quiet" style="margin:0">${price} per ${item.price.recurring?.interval ?? 'month'}</p></div>${badge(subscription, end)}</div>
${subscription.status === 'past_due' ? '<p class="note bad" role="status">The last payment failed. Choose a card that pays.</p>' : ''}
<dl class="rows"><div><dt>${next[0]}</dt><dd id="next">${next[1]}</dd></div>
<div><dt>Card</dt><dd>${card ? `${escape(card.card.brand)} ending in ${card.card.last4}` : 'none'}</dd></div></dl>
<div class="actions">
${end === null ? button(subscription, 'cancel', 'Cancel at period end') : button(subscription, 'resume', 'Keep my subscription')}
${button(subscription, 'cancel_now', 'Cancel now', 'danger')}
</div>
<details><summary>Change card</summary><div class="actions" style="margin-top:.75rem">
${testCards
  .filter(({ behaviour }) => behaviour !== 'declines')
  .map(({ number, label }) => cardButton(subscription, number, label))
  .join('\n')}
</div></details></section>`;
}

function badge({ status }: Subscription, end: number | null): string {
  if (end !== null) return '<span class="badge warn">ends soon</span>';
  const kind = status === 'active' || status === 'trialing' ? 'good' : 'bad';
  return `<span class="badge ${kind}">${status.replace('_', ' ')}</span>`;
}

function button({ id }: Subscription, action: string, label: string, kind = ''): string {
  return `<form method="post"><input type="hidden" name="subscription" value="${id}">
<button class="${kind}" name="action" value="${action}">${label}</button></form>`;
}

function cardButton({ id }: Subscription, number: string, label: string): string {
  return `<form method="post"><input type="hidden" name="subscription" value="${id}"><input type="hidden" name="action" value="card">
<button name="card" value="${number}">${label} (${number.slice(-4)})</button></form>`;
}

function invoiceCard(context: SandboxContext, customer: string): string {
  const invoices = Object.values(context.store.state.invoices).filter((entry) => entry.customer === customer);
  const rows = invoices.reverse().map(
    (invoice) => `<li><a href="/i/${invoice.id}">${dayOf(invoice.created)}</a>
<span>${money(invoice.total, invoice.currency)} ${invoiceBadge(invoice)}</span></li>`,
  );
  const list = rows.length
    ? `<ul class="plain">${rows.join('\n')}</ul>`
    : '<p class="quiet" style="margin:0">None yet.</p>';
  return `<section class="card"><h2>Invoices</h2>${list}</section>`;
}

function clockCard(context: SandboxContext, customer: string): string {
  return `<section class="card stack"><div><h2 style="margin:0">Test clock</h2>
<p class="quiet small" style="margin:0">For this customer it is <strong id="now">${dayOf(context.clock.now(customer))}</strong>. Letting time pass renews, retries and ends what falls due.</p></div>
<form method="post" class="actions"><button name="action" value="month">Advance one month</button>
<button name="action" value="week">Advance one week</button></form></section>`;
}
