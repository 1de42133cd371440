import { Injectable } from '@nestjs/common';
import { Settings } from '../../config/settings.js';
import { EmailChannel } from './email.channel.js';
import { DeliveryError, type Message, type OtpChannel } from './otp-delivery.js';
import { TwilioChannel } from './twilio.channel.js';
import { WebhookChannel } from './webhook.channel.js';

/** Delivers codes and notices by the provider of the settings: to numbers by `OTP_DELIVERY`, to email addresses by `SMTP_URL`. */
@Injectable()
export class OtpDeliveryService implements OtpChannel {
  private readonly channels: Record<Message['kind'], OtpChannel | null>;

  constructor(settings: Settings) {
    this.channels = {
      mobile: toMobileChannel(settings),
      email: settings.SMTP_URL ? new EmailChannel(settings.SMTP_URL, settings.SMTP_FROM) : null,
    };
  }

  /** Delivers a message. @throws DeliveryError; a permanent one where no provider is configured */
  async deliver(message: Message): Promise<void> {
    const channel = this.channels[message.kind];
    if (!channel) throw new DeliveryError(`no delivery by ${message.kind} is configured`, true);
    await channel.deliver(message);
  }
}

function toMobileChannel(settings: Settings): OtpChannel | null {
  if (settings.OTP_DELIVERY === 'webhook') {
    return new WebhookChannel(
      required(settings, 'OTP_WEBHOOK_URL'),
      required(settings, 'OTP_WEBHOOK_SECRET'),
    );
  }
  if (settings.OTP_DELIVERY === 'twilio') {
    return new TwilioChannel({
      accountSid: required(settings, 'TWILIO_ACCOUNT_SID'),
      authToken: required(settings, 'TWILIO_AUTH_TOKEN'),
      from: required(settings, 'TWILIO_FROM'),
    });
  }
  return null;
}

type Name =
  'OTP_WEBHOOK_URL' | 'OTP_WEBHOOK_SECRET' | 'TWILIO_ACCOUNT_SID' | 'TWILIO_AUTH_TOKEN' | 'TWILIO_FROM';

function required(settings: Settings, name: Name): string {
  const value = settings[name];
  if (!value) throw new Error(`${name} is required by OTP_DELIVERY=${settings.OTP_DELIVERY}`);
  return value;
}
