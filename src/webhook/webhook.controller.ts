import { Controller, HttpCode, Post, Req } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiHeader, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { ApiProblems } from '../common/http/openapi.js';
import { BYTES_ONLY } from '../common/http/json.js';
import { Public } from '../common/auth-context.js';
import { ReceivedDto, WebhookService } from './webhook.service.js';

@ApiTags('webhook')
@Public()
@Controller()
export class WebhookController {
  constructor(private readonly webhooks: WebhookService) {}

  /** Takes a signed event from Stripe; answers once it is stored. */
  @Post('webhook/stripe')
  @HttpCode(200)
  @ApiProblems('webhook.signature_invalid')
  @RouteConfig(BYTES_ONLY)
  @ApiHeader({ name: 'Stripe-Signature', required: true })
  receive(@Req() request: FastifyRequest): Promise<ReceivedDto> {
    return this.webhooks.receive(request);
  }

  @Post('subscription/webhook/stripe')
  @HttpCode(200)
  @ApiProblems('webhook.signature_invalid')
  @RouteConfig(BYTES_ONLY)
  @ApiHeader({ name: 'Stripe-Signature', required: true })
  @ApiOperation({ deprecated: true, summary: 'The same as POST /webhook/stripe.' })
  receiveAlias(@Req() request: FastifyRequest): Promise<ReceivedDto> {
    return this.webhooks.receive(request);
  }
}
