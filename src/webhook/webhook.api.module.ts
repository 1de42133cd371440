import { Module } from '@nestjs/common';
import { WebhookController } from './webhook.controller.js';
import { WebhookModule } from './webhook.module.js';
import { WebhookService } from './webhook.service.js';

/** The route that Stripe calls. */
@Module({ imports: [WebhookModule], controllers: [WebhookController], providers: [WebhookService] })
export class WebhookApiModule {}
