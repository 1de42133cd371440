/** The value of a program's option. @throws Error naming the option */
export function positive(name: string, text: string): number {
  const value = Number(text);
  if (!(value > 0 && value < 1e9)) throw new Error(`--${name} wants a number above 0, not "${text}".`);
  return value;
}

/**
 * Those of the parts of a program that have these names, separated by commas; all without any names.
 * @param kind what a part is called, for the error
 * @throws Error naming what there is
 */
export function choose<T extends { name: string }>(
  all: readonly T[],
  names: string | undefined,
  kind: string,
): T[] {
  if (names === undefined) return [...all];
  return names.split(',').map((name) => {
    const part = all.find((each) => each.name === name);
    if (!part)
      throw new Error(`There is no ${kind} ${name}, only ${all.map((each) => each.name).join(', ')}.`);
    return part;
  });
}
