import { Controller, HttpCode, Post, Req } from '@nestjs/common';
import { ApiHeader, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { ApiProblems } from '../common/http/openapi.js';
import { KIB, Policy } from '../common/http/route-policy.js';
import { Public, Uncounted } from '../common/auth-context.js';
import { ReceivedDto, WebhookService } from './webhook.service.js';

@ApiTags('webhook')
@Public()
@Uncounted()
@Policy({ takesBytes: true, bodyLimit: 1_024 * KIB })
@Controller()
export class WebhookController {
  constructor(private readonly webhooks: WebhookService) {}

  /** Takes a signed event from Stripe; answers once it is stored. */
  @Post('webhook/stripe')
  @HttpCode(200)
  @ApiProblems('webhook.signature_invalid')
  @ApiHeader({ name: 'Stripe-Signature', required: true })
  receive(@Req() request: FastifyRequest): Promise<ReceivedDto> {
    return this.webhooks.receive(request);
  }

  @Post('subscription/webhook/stripe')
  @HttpCode(200)
  @ApiProblems('webhook.signature_invalid')
  @ApiHeader({ name: 'Stripe-Signature', required: true })
  @ApiOperation({ deprecated: true, summary: 'The same as POST /webhook/stripe.' })
  receiveAlias(@Req() request: FastifyRequest): Promise<ReceivedDto> {
    return this.webhooks.receive(request);
  }
}
