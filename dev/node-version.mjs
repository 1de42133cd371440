// The entry points import this file statically and everything else after the check, with `import()`.
// Old syntax only: an outdated Node must be able to run it.

/** Exits with a message when this Node is older than the oldest supported version (`engines` in package.json). */
export function requireNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  console.error(
    'This needs Node 20.19 or newer, and this is Node ' +
      process.versions.node +
      ': install a current one from https://nodejs.org.',
  );
  process.exit(1);
}
