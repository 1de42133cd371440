import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Public } from '../../common/auth-context.js';
import { ApiProblems } from '../../common/http/openapi.js';
import { Origin, type RequestOrigin } from '../../common/http/request-context.js';
import { UserDto } from '../account/account.dto.js';
import { TokensDto } from '../session/session.dto.js';
import { AccountCodeService } from './account-code.service.js';
import { CodeSignInService } from './code-sign-in.service.js';
import { IdentityDto, SentCodeDto, SignUpDto, VerifyOtpDto } from './sign-in.dto.js';
import { SignUpService } from './sign-up.service.js';

@ApiTags('auth')
@Public()
@Controller('auth')
export class SignInController {
  constructor(
    private readonly signUps: SignUpService,
    private readonly codes: AccountCodeService,
    private readonly signIns: CodeSignInService,
  ) {}

  /** Opens an account; ask for a code next. An account that was never verified is replaced. */
  @Post('signup')
  @ApiProblems('auth.mobile_taken', 'auth.email_taken', 'rate_limit.exceeded')
  signUp(@Body() dto: SignUpDto, @Origin() origin: RequestOrigin): Promise<UserDto> {
    return this.signUps.signUp(dto, origin);
  }

  /** Sends a code with which one can sign in. */
  @Post('send-otp')
  @HttpCode(200)
  @ApiProblems('auth.user_not_found', 'auth.otp_cooldown', 'rate_limit.exceeded')
  sendOtp(@Body() dto: IdentityDto, @Origin() origin: RequestOrigin): Promise<SentCodeDto> {
    return this.codes.send(dto, 'sign_in', origin);
  }

  /** Signs in with a code. */
  @Post('verify-otp')
  @HttpCode(200)
  @ApiProblems('auth.otp_invalid', 'auth.otp_attempts_exceeded', 'rate_limit.exceeded')
  verifyOtp(@Body() dto: VerifyOtpDto, @Origin() origin: RequestOrigin): Promise<TokensDto> {
    return this.signIns.signIn(dto, origin);
  }
}
