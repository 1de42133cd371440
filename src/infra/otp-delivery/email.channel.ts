import { createTransport, type Transporter } from 'nodemailer';
import { OTP_DELIVERY } from '../../config/timing.js';
import { DeliveryError, toText, type Message, type OtpChannel } from './otp-delivery.js';

const TIMEOUTS = {
  connectionTimeout: OTP_DELIVERY.smtpConnect,
  greetingTimeout: OTP_DELIVERY.smtpGreeting,
  socketTimeout: OTP_DELIVERY.smtpSilence,
};

/** An email through `SMTP_URL`. */
export class EmailChannel implements OtpChannel {
  private readonly transport: Transporter;

  constructor(
    smtpUrl: string,
    private readonly from: string,
  ) {
    this.transport = createTransport({ url: smtpUrl, ...TIMEOUTS });
  }

  async deliver(message: Message): Promise<void> {
    try {
      await this.transport.sendMail({
        from: this.from,
        to: { name: '', address: message.address },
        subject: 'notice' in message ? 'Your Gemini chat account' : 'Your Gemini chat code',
        text: toText(message),
        messageId: `<${message.id}@otp.gemini-chat>`,
      });
    } catch (error) {
      const {
        responseCode,
        code,
        message: reason,
      } = error as {
        responseCode?: number;
        code?: string;
        message: string;
      };
      const permanent = responseCode !== undefined && responseCode >= 500;
      throw new DeliveryError(`the mail server refused: ${responseCode ?? code ?? reason}`, permanent);
    }
  }
}
