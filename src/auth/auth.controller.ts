import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { ApiProblems } from '../common/http/api-problems.decorator.js';
import { Public } from '../common/http/public.decorator.js';
import { Origin, type RequestOrigin } from '../common/http/request-origin.decorator.js';
import { CodeSignInService } from './account/code-sign-in.service.js';
import { SignUpService } from './account/sign-up.service.js';
import { IdentityDto } from './dto/identity.dto.js';
import { SentCodeDto } from './dto/sent-code.dto.js';
import { SignUpDto } from './dto/sign-up.dto.js';
import { TokensDto } from './dto/tokens.dto.js';
import { UserDto } from './dto/user.dto.js';
import { VerifyOtpDto } from './dto/verify-otp.dto.js';

@ApiTags('auth')
@Public()
@Controller('auth')
export class AuthController {
  constructor(
    private readonly signUps: SignUpService,
    private readonly codes: CodeSignInService,
  ) {}

  /** Opens an account; ask for a code next. An account that was never verified is replaced. */
  @Post('signup')
  @ApiProblems('auth.mobile_taken', 'auth.email_taken', 'rate_limit.exceeded')
  signUp(@Body() dto: SignUpDto, @Origin() origin: RequestOrigin): Promise<UserDto> {
    return this.signUps.signUp(dto, origin);
  }

  /** Sends a code to sign in with. */
  @Post('send-otp')
  @HttpCode(200)
  @ApiProblems('auth.user_not_found', 'auth.otp_cooldown', 'rate_limit.exceeded')
  sendOtp(@Body() dto: IdentityDto, @Origin() origin: RequestOrigin): Promise<SentCodeDto> {
    return this.codes.sendCode(dto, 'sign_in', origin);
  }

  /** Signs in with a code. */
  @Post('verify-otp')
  @HttpCode(200)
  @ApiProblems('auth.otp_invalid', 'auth.otp_attempts_exceeded', 'rate_limit.exceeded')
  verifyOtp(@Body() dto: VerifyOtpDto, @Origin() origin: RequestOrigin): Promise<TokensDto> {
    return this.codes.signIn(dto, origin);
  }
}
