import { Controller, Get, Header, Query } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { Public } from '../common/http/public.decorator.js';
import { ReturnService } from './return.service.js';

const HTML = 'text/html; charset=utf-8';
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'";

@ApiExcludeController()
@Public()
@Controller('checkout')
export class CheckoutController {
  constructor(private readonly returns: ReturnService) {}

  /** Where Stripe's checkout returns to after a payment. */
  @Get('success')
  @Header('Content-Type', HTML)
  @Header('Content-Security-Policy', POLICY)
  @Header('Cache-Control', 'no-store')
  success(@Query('session_id') sessionId: unknown): Promise<string> {
    return this.returns.success(sessionId);
  }

  /** Where Stripe's checkout returns to when a person leaves it. */
  @Get('cancel')
  @Header('Content-Type', HTML)
  @Header('Content-Security-Policy', POLICY)
  cancelled(): string {
    return this.returns.cancelled();
  }
}
