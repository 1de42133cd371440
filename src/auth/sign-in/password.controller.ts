import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { ApiProblems, ApiSignedIn } from '../../common/http/openapi.js';
import { Public } from '../../common/auth-context.js';
import { Origin, type RequestOrigin } from '../../common/http/request-context.js';
import { CodeSignInService } from './code-sign-in.service.js';
import { CurrentUser } from '../../common/auth-context.js';
import { IdentityDto } from './sign-in.dto.js';
import { ChangePasswordDto, ResetPasswordDto } from './sign-in.dto.js';
import { SentCodeDto } from './sign-in.dto.js';
import { ChangePasswordService } from './change-password.service.js';
import type { Principal } from '../../common/auth-context.js';

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
