/** The value of a program's option. @throws Error naming the option */
export function wholeNumber(name: string, value: string): number {
  if (!/^\d{1,9}$/.test(value)) throw new Error(`--${name} wants a whole number, not "${value}".`);
  return Number(value);
}
