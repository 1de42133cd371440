import { Module } from '@nestjs/common';
import { WebhookController } from './webhook.controller.js';
import { WebhookModule } from './webhook.module.js';

/** The route that Stripe calls. */
@Module({ imports: [WebhookModule], controllers: [WebhookController] })
export class WebhookApiModule {}
