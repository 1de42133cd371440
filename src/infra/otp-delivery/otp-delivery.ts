/** A code on its way to a person. */
export interface OtpMessage {
  /** The same for every attempt, so that a receiver can drop what came twice. */
  id: string;
  kind: 'mobile' | 'email';
  /** E.164, or an email address. */
  address: string;
  otp: string;
  purpose: string;
  /** Minutes, as told to the person. */
  validFor: number;
}

/** One way to a person. */
export interface OtpChannel {
  /** @throws DeliveryError within ten seconds */
  deliver(message: OtpMessage): Promise<void>;
}

/** A code did not reach the provider. Neither the message nor the cause tells the code. */
export class DeliveryError extends Error {
  /** @param permanent the provider refused it for good: another attempt would end alike */
  constructor(
    message: string,
    readonly permanent = false,
  ) {
    super(message);
  }
}

/** What the person reads. */
export function toText({ otp, purpose, validFor }: OtpMessage): string {
  const use = purpose === 'reset_password' ? 'set a new password' : 'sign in or confirm it is you';
  return `${otp} is your Gemini chat code to ${use}. It is good for ${validFor} minutes. Do not give it to anyone.`;
}
