import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { ApiProblems, ApiSignedIn } from '../common/http/api-problems.decorator.js';
import { Public } from '../common/http/public.decorator.js';
import { Origin, type RequestOrigin } from '../common/http/request-origin.decorator.js';
import { CodeSignInService } from './account/code-sign-in.service.js';
import { CurrentUser } from './current-user.decorator.js';
import { IdentityDto } from './dto/identity.dto.js';
import { ChangePasswordDto, ResetPasswordDto } from './dto/password.dto.js';
import { SentCodeDto } from './dto/sent-code.dto.js';
import { ChangePasswordService } from './password/change-password.service.js';
import type { Principal } from './principal.js';

@ApiTags('auth')
@Controller('auth')
export class PasswordController {
  constructor(
    private readonly codes: CodeSignInService,
    private readonly passwords: ChangePasswordService,
  ) {}

  /** Sends a code to set a new password with. It does not sign in. */
  @Public()
  @Post('forgot-password')
  @HttpCode(200)
  @ApiProblems('auth.user_not_found', 'auth.otp_cooldown', 'rate_limit.exceeded')
  forgot(@Body() dto: IdentityDto, @Origin() origin: RequestOrigin): Promise<SentCodeDto> {
    return this.codes.sendCode(dto, 'reset_password', origin);
  }

  /** Sets a new password with a code. Every session ends. */
  @Public()
  @Post('reset-password')
  @HttpCode(204)
  @ApiProblems('auth.otp_invalid', 'auth.otp_attempts_exceeded', 'rate_limit.exceeded')
  reset(@Body() dto: ResetPasswordDto, @Origin() origin: RequestOrigin): Promise<void> {
    return this.passwords.reset(dto, origin);
  }

  /** Sets or changes the password. Every other session ends. */
  @Post('change-password')
  @HttpCode(204)
  @ApiSignedIn('auth.invalid_credentials')
  change(
    @CurrentUser() user: Principal,
    @Body() dto: ChangePasswordDto,
    @Origin() origin: RequestOrigin,
  ): Promise<void> {
    return this.passwords.change(user, dto, origin);
  }
}
