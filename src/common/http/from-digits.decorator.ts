import { Transform } from 'class-transformer';

/** Reads a query's whole number: decimal digits and nothing else. What is none stays text, for the validators to refuse. */
export const FromDigits = () =>
  Transform(({ value }: { value: unknown }) =>
    typeof value === 'string' && /^[0-9]{1,9}$/.test(value) ? Number(value) : value,
  );
