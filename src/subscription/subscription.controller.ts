import { Controller, Get, Headers, HttpCode, Post, Res } from '@nestjs/common';
import { ApiCreatedResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Policy } from '../common/http/route-policy.js';
import { ApiSignedIn } from '../common/http/openapi.js';
import { CurrentUser, type Principal } from '../common/auth-context.js';
import { ApiIdempotencyKey, REPLAYED_HEADER, sendOnce } from '../infra/idempotency/idempotency.http.js';
import { CheckoutService } from './checkout.service.js';
import { CustomerService } from './customer.service.js';
import { CheckoutDto, PortalDto, type SubscriptionStatusDto } from './subscription.dto.js';
import { SubscriptionService } from './subscription.service.js';

@ApiTags('subscription')
@Controller()
export class SubscriptionController {
  constructor(
    private readonly checkouts: CheckoutService,
    private readonly subscriptions: SubscriptionService,
    private readonly customers: CustomerService,
  ) {}

  /** Opens the checkout for Pro, or gives the one that is open. */
  @Post('subscribe/pro')
  @Policy({ limit: 'billing' })
  @ApiSignedIn(
    'subscription.already_active',
    'subscription.refused',
    'stripe.unavailable',
    'idempotency.key_reused',
    'idempotency.in_progress',
  )
  @ApiIdempotencyKey()
  @ApiCreatedResponse({ type: CheckoutDto, headers: REPLAYED_HEADER })
  async subscribe(
    @CurrentUser() { userId }: Principal,
    @Headers('idempotency-key') key: string | undefined,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    sendOnce(reply, await this.checkouts.subscribe(userId, key));
  }

  @Post(['subscription/subscribe/pro', 'subscription/pro'])
  @Policy({ limit: 'billing' })
  @ApiSignedIn(
    'subscription.already_active',
    'subscription.refused',
    'stripe.unavailable',
    'idempotency.key_reused',
    'idempotency.in_progress',
  )
  @ApiOperation({ deprecated: true, summary: 'The same as POST /subscribe/pro.' })
  @ApiIdempotencyKey()
  @ApiCreatedResponse({ type: CheckoutDto, headers: REPLAYED_HEADER })
  subscribeAlias(
    @CurrentUser() user: Principal,
    @Headers('idempotency-key') key: string | undefined,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    return this.subscribe(user, key, reply);
  }

  /** The plan, and the prompts of the day. */
  @Get('subscription/status')
  @ApiSignedIn()
  status(@CurrentUser() { userId }: Principal): Promise<SubscriptionStatusDto> {
    return this.subscriptions.status(userId);
  }

  @Get('subscribe/status')
  @ApiSignedIn()
  @ApiOperation({ deprecated: true, summary: 'The same as GET /subscription/status.' })
  statusAlias(@CurrentUser() { userId }: Principal): Promise<SubscriptionStatusDto> {
    return this.subscriptions.status(userId);
  }

  /** Plans the end of Pro at the end of the paid period. */
  @Post('subscription/cancel')
  @Policy({ limit: 'billing' })
  @ApiSignedIn('subscription.not_active', 'subscription.refused', 'stripe.unavailable')
  @HttpCode(200)
  cancel(@CurrentUser() { userId }: Principal): Promise<SubscriptionStatusDto> {
    return this.subscriptions.cancel(userId);
  }

  /** Takes a planned end back. */
  @Post('subscription/resume')
  @Policy({ limit: 'billing' })
  @ApiSignedIn('subscription.not_active', 'subscription.refused', 'stripe.unavailable')
  @HttpCode(200)
  resume(@CurrentUser() { userId }: Principal): Promise<SubscriptionStatusDto> {
    return this.subscriptions.resume(userId);
  }

  /** The address of Stripe's portal: invoices, card, cancellation. */
  @Post('subscription/portal')
  @Policy({ limit: 'billing' })
  @ApiSignedIn('subscription.refused', 'stripe.unavailable')
  portal(@CurrentUser() { userId }: Principal): Promise<PortalDto> {
    return this.customers.openPortal(userId);
  }
}
