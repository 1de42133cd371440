import { buildMessage, ValidateBy, type ValidationOptions } from 'class-validator';

/** The length of a text in code points, as a reader counts characters, not in UTF-16 units. */
function countCodePoints(text: string): number {
  let count = 0;
  for (const _ of text) count++;
  return count;
}

/** A string of at most `max` code points, and of at least `min`. */
export function MaxCodePoints(
  max: number,
  { min = 0, ...options }: ValidationOptions & { min?: number } = {},
) {
  return ValidateBy(
    {
      name: 'maxCodePoints',
      constraints: [min, max],
      validator: {
        validate: (value) => typeof value === 'string' && isWithin(value, min, max),
        defaultMessage: buildMessage(
          (each) =>
            `${each}$property must be a text of ${min > 0 ? `${min} to ${max}` : `at most ${max}`} characters`,
          options,
        ),
      },
    },
    options,
  );
}

function isWithin(text: string, min: number, max: number): boolean {
  if (text.length > 2 * max) return false;
  const count = countCodePoints(text);
  return count >= min && count <= max;
}
