import twilio, { type Twilio } from 'twilio';
import { OTP_DELIVERY } from '../../config/timing.js';
import { DeliveryError, toText, type Message, type OtpChannel } from './otp-delivery.js';

export interface TwilioAccount {
  accountSid: string;
  authToken: string;
  /** The number messages come from. */
  from: string;
  /** For tests: an HTTP client instead of Twilio's own. */
  httpClient?: NonNullable<Parameters<typeof twilio>[2]>['httpClient'];
}

/** A text message through Twilio. */
export class TwilioChannel implements OtpChannel {
  private readonly client: Twilio;

  constructor(private readonly account: TwilioAccount) {
    const { accountSid, authToken, httpClient } = account;
    this.client = twilio(accountSid, authToken, {
      timeout: OTP_DELIVERY.twilio,
      lazyLoading: true,
      httpClient,
    });
  }

  async deliver(message: Message): Promise<void> {
    try {
      await this.client.messages.create({
        to: message.address,
        from: this.account.from,
        body: toText(message),
      });
    } catch (error) {
      const {
        status,
        code,
        message: reason,
      } = error as { status?: number; code?: number | string; message: string };
      const permanent = status !== undefined && status >= 400 && status < 500 && status !== 429;
      throw new DeliveryError(`Twilio refused: ${status ?? ''} ${code ?? reason}`, permanent);
    }
  }
}
