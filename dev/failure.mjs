/** Something the person at the keyboard can mend: shown as its one sentence, without a stack. */
export class Failure extends Error {}

/**
 * Prints what went wrong (a Failure as its sentence, anything else with its stack) and ends the process.
 * @param {unknown} error
 * @returns {never}
 */
export function fail(error) {
  console.error(error instanceof Failure ? `\n${error.message}` : error);
  process.exit(1);
}
