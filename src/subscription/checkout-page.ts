/** The small pages that checkout returns to. They carry nothing of the person. */
export function checkoutPage(title: string, text: string, back: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; background: #f5f7fb; color: #1a1f36;
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, Arial, sans-serif; }
main { width: min(26rem, 100% - 3rem); background: #fff; border: 1px solid #d9deea; border-radius: .875rem; padding: 1.75rem; }
h1 { font-size: 1.375rem; line-height: 1.3; margin: 0 0 .5rem; }
p { margin: 0 0 1.25rem; color: #59617a; }
a { display: inline-block; padding: .625rem 1rem; border-radius: .5rem; background: #4f46e5; color: #fff; font-weight: 600;
  text-decoration: none; }
a:focus-visible { outline: 3px solid #a5a0f4; outline-offset: 2px; }
</style>
</head>
<body><main><h1>${title}</h1><p>${text}</p><a href="${escape(back)}">Back to the chat</a></main></body>
</html>`;
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;');
}
