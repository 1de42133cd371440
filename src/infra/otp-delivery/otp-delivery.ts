/** What is told to the holder of an identity without a code. */
export type NoticeType =
  /** The identity was the account's, until its owner changed it. */
  | 'identity_changed'
  /** Another account wanted to have the identity. */
  | 'identity_taken_attempt';

/** Whom a message goes to. */
interface Addressed {
  /** The same for every attempt, so that a receiver can ignore duplicates. */
  id: string;
  kind: 'mobile' | 'email';
  /** E.164, or an email address. */
  address: string;
}

/** A one-time code and its recipient. */
export interface OtpMessage extends Addressed {
  otp: string;
  purpose: string;
  /** Minutes, as shown to the recipient. */
  validFor: number;
}

/** A notice and its recipient. */
export interface NoticeMessage extends Addressed {
  notice: NoticeType;
}

export type Message = OtpMessage | NoticeMessage;

/** A provider that delivers messages. */
export interface OtpChannel {
  /** @throws DeliveryError within ten seconds */
  deliver(message: Message): Promise<void>;
}

/** A message did not reach the provider. Neither the error's message nor its cause contains a code. */
export class DeliveryError extends Error {
  /** @param permanent the provider refused it for good: another attempt would fail too */
  constructor(
    message: string,
    readonly permanent = false,
  ) {
    super(message);
  }
}

const NOTICES: Record<NoticeType, string> = {
  identity_changed:
    'This number or address no longer belongs to your Gemini chat account: it was replaced by another one. If that was not you, sign in by another way and change your password at once.',
  identity_taken_attempt:
    'Somebody tried to add this number or address to another Gemini chat account. It stays with your account. You need not do anything.',
};

/** The text of the message. */
export function toText(message: Message): string {
  if ('notice' in message) return NOTICES[message.notice];
  const { otp, purpose, validFor } = message;
  const use = purpose === 'reset_password' ? 'set a new password' : 'sign in or confirm it is you';
  return `${otp} is your Gemini chat code to ${use}. It is good for ${validFor} minutes. Do not give it to anyone.`;
}
