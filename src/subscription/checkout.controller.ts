import { Controller, Get, Header, Query } from '@nestjs/common';
import { ApiOkResponse, ApiQuery, ApiTags } from '@nestjs/swagger';
import { ApiProblems } from '../common/http/openapi.js';
import { Public } from '../common/auth-context.js';
import { CheckoutReturnService } from './checkout-return.service.js';

const HTML = 'text/html; charset=utf-8';
const PAGE = { content: { 'text/html': { schema: { type: 'string' } } } };
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'";

@ApiTags('subscription')
@Public()
@Controller('checkout')
export class CheckoutController {
  constructor(private readonly returns: CheckoutReturnService) {}

  /** Where Stripe's checkout returns to after a payment. */
  @Get('success')
  @ApiProblems()
  @ApiOkResponse(PAGE)
  @ApiQuery({ name: 'session_id', required: false, type: String })
  @Header('Content-Type', HTML)
  @Header('Content-Security-Policy', POLICY)
  @Header('Cache-Control', 'no-store')
  success(@Query('session_id') sessionId: unknown): Promise<string> {
    return this.returns.success(sessionId);
  }

  /** Where Stripe's checkout returns to when a person leaves it. */
  @Get('cancel')
  @ApiProblems()
  @ApiOkResponse(PAGE)
  @Header('Content-Type', HTML)
  @Header('Content-Security-Policy', POLICY)
  @Header('Cache-Control', 'no-store')
  cancelled(): string {
    return this.returns.cancelled();
  }
}
