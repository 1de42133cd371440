/** Something the person at the keyboard can mend: shown as its one sentence, without a stack. */
export class Failure extends Error {
  /** @override */
  name = 'Failure';
}

/**
 * Prints what went wrong (a Failure as its sentence, anything else with its stack) and ends the process.
 * @param {unknown} error
 * @returns {never}
 */
export function fail(error) {
  // By its name: a compiled program has a class of its own, made from the copy of this file in dist-dev.
  const isFailure = error instanceof Error && error.name === 'Failure';
  console.error(isFailure ? `\n${error.message}` : error);
  process.exit(1);
}
