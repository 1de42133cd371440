/** A step that is still running says so this often, so that nobody wonders whether it hangs. */
const REMIND_MS = 10_000;

/**
 * Runs one long step and shows its name, that it goes on, and how long it took.
 * @template T
 * @param {string} name
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function step(name, work) {
  const began = performance.now();
  const seconds = () => ((performance.now() - began) / 1000).toFixed(1);
  console.log(`- ${name} ...`);
  const reminder = setInterval(() => console.log(`  ${name}: ${seconds()} s`), REMIND_MS);
  try {
    const result = await work();
    console.log(`  ${name}: done in ${seconds()} s`);
    return result;
  } finally {
    clearInterval(reminder);
  }
}
