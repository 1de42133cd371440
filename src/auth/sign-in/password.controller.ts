import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { CurrentUser, Public, type Principal } from '../../common/auth-context.js';
import { ApiProblems, ApiSignedIn } from '../../common/http/openapi.js';
import { Origin, type RequestOrigin } from '../../common/http/request-context.js';
import { AccountCodeService } from './account-code.service.js';
import { ChangePasswordService } from './change-password.service.js';
import { ResetPasswordService } from './reset-password.service.js';
import { ChangePasswordDto, IdentityDto, ResetPasswordDto, SentCodeDto } from './sign-in.dto.js';

@ApiTags('auth')
@Controller('auth')
export class PasswordController {
  constructor(
    private readonly codes: AccountCodeService,
    private readonly resets: ResetPasswordService,
    private readonly changes: ChangePasswordService,
  ) {}

  /** Sends a code with which a new password can be set. The code cannot be used to sign in. */
  @Public()
  @Post('forgot-password')
  @HttpCode(200)
  @ApiProblems('auth.user_not_found', 'auth.otp_cooldown', 'rate_limit.exceeded')
  forgot(@Body() dto: IdentityDto, @Origin() origin: RequestOrigin): Promise<SentCodeDto> {
    return this.codes.send(dto, 'reset_password', origin);
  }

  /** Sets a new password with a code. Every session ends. */
  @Public()
  @Post('reset-password')
  @HttpCode(204)
  @ApiProblems('auth.otp_invalid', 'auth.otp_attempts_exceeded', 'rate_limit.exceeded')
  reset(@Body() dto: ResetPasswordDto, @Origin() origin: RequestOrigin): Promise<void> {
    return this.resets.reset(dto, origin);
  }

  /** Sets or changes the password. Every other session ends. */
  @Post('change-password')
  @HttpCode(204)
  @ApiSignedIn('auth.invalid_credentials', 'auth.reauthentication_required')
  change(
    @CurrentUser() user: Principal,
    @Body() dto: ChangePasswordDto,
    @Origin() origin: RequestOrigin,
  ): Promise<void> {
    return this.changes.change(user, dto, origin);
  }
}
