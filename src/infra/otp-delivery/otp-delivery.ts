/** A one-time code and its recipient. */
export interface OtpMessage {
  /** The same for every attempt, so that a receiver can ignore duplicates. */
  id: string;
  kind: 'mobile' | 'email';
  /** E.164, or an email address. */
  address: string;
  otp: string;
  purpose: string;
  /** Minutes, as shown to the recipient. */
  validFor: number;
}

/** A provider that delivers one-time codes. */
export interface OtpChannel {
  /** @throws DeliveryError within ten seconds */
  deliver(message: OtpMessage): Promise<void>;
}

/** A code did not reach the provider. Neither the message nor the cause contains the code. */
export class DeliveryError extends Error {
  /** @param permanent the provider refused it for good: another attempt would fail too */
  constructor(
    message: string,
    readonly permanent = false,
  ) {
    super(message);
  }
}

/** The text of the message. */
export function toText({ otp, purpose, validFor }: OtpMessage): string {
  const use = purpose === 'reset_password' ? 'set a new password' : 'sign in or confirm it is you';
  return `${otp} is your Gemini chat code to ${use}. It is good for ${validFor} minutes. Do not give it to anyone.`;
}
