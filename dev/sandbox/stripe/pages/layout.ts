/** Text made safe for HTML, in content and in quoted attributes. */
export function escape(text: string): string {
  const names: Record<string, string> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;',
  };
  return text.replace(/[&<>"']/g, (letter) => names[letter] ?? letter);
}

/** An amount in the currency's smallest unit, as people write it. */
export function money(amount: number, currency: string): string {
  const format = new Intl.NumberFormat('en-US', { style: 'currency', currency });
  return format.format(amount / 10 ** (format.resolvedOptions().maximumFractionDigits ?? 2));
}

/** A day, from unix seconds. */
export function dayOf(time: number): string {
  return new Date(time * 1000).toLocaleDateString('en-GB', {
    day: 'numeric',
    month: 'long',
    year: 'numeric',
    timeZone: 'UTC',
  });
}

/** A whole page, with the notice that no real money moves here. */
export function layout(title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${escape(title)}</title>
<style>${style}</style>
</head>
<body>
<p class="ribbon"><strong>Test mode</strong> <span>This is a sandbox. No real card works here and no money moves.</span></p>
${body}
</body>
</html>`;
}

const style = `
:root { --ink: #1a1f36; --quiet: #59617a; --line: #d9deea; --paper: #fff; --ground: #f5f7fb; --accent: #4f46e5;
  --accent-deep: #3f37c9; --good: #0e7a4a; --good-ground: #e5f6ed; --bad: #b42318; --bad-ground: #fdecea;
  --warn: #8a5300; --warn-ground: #fff4dc; }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
.ribbon { margin: 0; padding: .5rem 1rem; background: var(--warn-ground); color: var(--warn); font-size: .875rem;
  text-align: center; }
h1 { font-size: 1.375rem; line-height: 1.3; margin: 0 0 .25rem; }
h2 { font-size: 1.0625rem; margin: 0 0 .75rem; }
a { color: var(--accent-deep); }
.quiet { color: var(--quiet); }
.small { font-size: .875rem; }
.stack > * + * { margin-top: 1rem !important; }
.card { background: var(--paper); border: 1px solid var(--line); border-radius: .875rem; padding: 1.25rem;
  box-shadow: 0 1px 2px rgb(26 31 54 / 5%); }
.narrow { width: min(44rem, 100% - 2rem); margin: 1.5rem auto 3rem; }
.split { display: grid; }
.split > * { padding: 1.5rem 1rem; }
.split > * > .inner { width: min(27rem, 100%); margin: 0 auto; }
.summary { background: #eef0fb; }
.amount { font-size: 2.25rem; font-weight: 650; letter-spacing: -.02em; margin: .25rem 0; }
.amount small { font-size: 1rem; font-weight: 400; color: var(--quiet); letter-spacing: 0; }
dl.rows { margin: 1.25rem 0 0; }
dl.rows div { display: flex; justify-content: space-between; gap: 1rem; padding: .625rem 0; border-top: 1px solid #d3d8ee; }
dl.rows dt { color: var(--quiet); }
dl.rows dd { margin: 0; text-align: right; font-weight: 550; overflow-wrap: anywhere; }
label { display: block; font-size: .875rem; font-weight: 550; margin-bottom: .375rem; }
input[type=text] { width: 100%; min-height: 2.875rem; padding: .625rem .75rem; font: inherit; color: inherit;
  background: var(--paper); border: 1px solid #b6bdd0; border-radius: .5rem; font-variant-numeric: tabular-nums; }
input[aria-invalid=true] { border-color: var(--bad); }
.pair { display: grid; grid-template-columns: 1fr 1fr; gap: .75rem; }
button, .button { display: inline-flex; align-items: center; justify-content: center; min-height: 2.75rem;
  padding: .5rem 1rem; font: inherit; font-weight: 600; border-radius: .5rem; border: 1px solid #b6bdd0;
  background: var(--paper); color: var(--ink); cursor: pointer; text-decoration: none; }
button:hover, .button:hover { border-color: var(--quiet); }
button.main { width: 100%; min-height: 3rem; background: var(--accent); border-color: var(--accent); color: #fff; }
button.main:hover { background: var(--accent-deep); }
button.danger { color: var(--bad); border-color: #e2b4af; }
:focus-visible { outline: 3px solid #a5a0f4; outline-offset: 2px; }
fieldset { border: 0; margin: 0; padding: 0; min-width: 0; }
legend { padding: 0; font-size: .875rem; font-weight: 550; margin-bottom: .375rem; }
.choices { display: grid; gap: .5rem; }
.choices button { justify-content: space-between; gap: .75rem; min-height: 2.75rem; font-weight: 400;
  font-size: .875rem; text-align: left; }
.choices code { font-size: .8125rem; white-space: nowrap; }
.note { padding: .75rem 1rem; border-radius: .5rem; margin: 1rem 0 0; }
.note.bad { background: var(--bad-ground); color: var(--bad); }
.note.good { background: var(--good-ground); color: var(--good); }
.note.warn { background: var(--warn-ground); color: var(--warn); }
.badge { display: inline-block; padding: .125rem .625rem; border-radius: 1rem; font-size: .8125rem; font-weight: 600; }
.badge.good { background: var(--good-ground); color: var(--good); }
.badge.bad { background: var(--bad-ground); color: var(--bad); }
.badge.warn { background: var(--warn-ground); color: var(--warn); }
.badge.off { background: #e9ecf3; color: var(--quiet); }
.actions { display: flex; flex-wrap: wrap; gap: .625rem; }
.head { display: flex; flex-wrap: wrap; justify-content: space-between; align-items: start; gap: .5rem 1rem; }
ul.plain { list-style: none; margin: 0; padding: 0; }
ul.plain li { display: flex; justify-content: space-between; align-items: center; gap: .75rem; padding: .75rem 0;
  border-top: 1px solid var(--line); }
ul.plain li > span { text-align: right; white-space: nowrap; }
@media (max-width: 30rem) { ul.plain li > span { display: grid; justify-items: end; gap: .25rem; } }
ul.plain li:first-child { border-top: 0; padding-top: 0; }
ul.plain li:last-child { padding-bottom: 0; }
@media (max-width: 30rem) { .actions > *, .actions button { width: 100%; } .ribbon span { display: block; } }
@media (min-width: 60rem) {
  .split { grid-template-columns: 1fr 1fr; min-height: calc(100vh - 2.4rem); }
  .split > * { padding: 4rem 3rem; }
  .split > .summary > .inner { margin: 0 0 0 auto; }
  .split > .pay > .inner { margin: 0 auto 0 0; }
  .split > .pay { background: var(--paper); }
}
`;
