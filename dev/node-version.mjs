// Plain old JavaScript: an outdated Node must be able to read this file to be told that it is outdated.

/** Ends the process with one sentence when this Node is older than the oldest one that all of this is tested on. */
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
