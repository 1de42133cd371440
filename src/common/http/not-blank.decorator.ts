import { buildMessage, ValidateBy, type ValidationOptions } from 'class-validator';

/**
 * Characters without a visible form: spaces, controls, what Unicode ignores by default (zero-width characters, fillers,
 * variation selectors), annotation marks, and the empty Braille pattern.
 */
const INVISIBLE = /^[\p{White_Space}\p{Cc}\p{Default_Ignorable_Code_Point}\p{Z}\ufff9-\ufffb\u2800]*$/u;

/** Whether a reader sees nothing of a text. */
export function isBlank(text: string): boolean {
  return INVISIBLE.test(text);
}

/** A string that is not only invisible characters. */
export function NotBlank(options: ValidationOptions = {}) {
  return ValidateBy(
    {
      name: 'notBlank',
      validator: {
        validate: (value) => typeof value === 'string' && !isBlank(value),
        defaultMessage: buildMessage((each) => `${each}$property must not be blank`, options),
      },
    },
    options,
  );
}
