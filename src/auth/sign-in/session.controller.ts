import { Body, Controller, Delete, Get, HttpCode, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { CurrentUser, Public, type Principal } from '../../common/auth-context.js';
import { ApiProblems, ApiSignedIn } from '../../common/http/openapi.js';
import { Origin, type RequestOrigin } from '../../common/http/request-context.js';
import { PageQuery } from '../../common/http/page-query.dto.js';
import { UuidParam } from '../../common/http/uuid-param.decorator.js';
import { RefreshService } from '../session/refresh.service.js';
import { RefreshDto, SessionListDto, TokensDto } from '../session/session.dto.js';
import { SessionService } from '../session/session.service.js';
import { PasswordSignInService } from './password-sign-in.service.js';
import { ReauthenticationService } from './reauthentication.service.js';
import { LoginDto, ReauthenticateDto } from './sign-in.dto.js';

@ApiTags('auth')
@Controller('auth')
export class SessionController {
  constructor(
    private readonly passwords: PasswordSignInService,
    private readonly refreshes: RefreshService,
    private readonly sessions: SessionService,
    private readonly reauthentications: ReauthenticationService,
  ) {}

  /** Signs in with a password. */
  @Public()
  @Post('login')
  @HttpCode(200)
  @ApiProblems('auth.invalid_credentials', 'rate_limit.exceeded')
  login(@Body() dto: LoginDto, @Origin() origin: RequestOrigin): Promise<TokensDto> {
    return this.passwords.signIn(dto, origin);
  }

  /** Exchanges a refresh token. For 20 seconds the old token gets the same new one; after that its use ends the session. */
  @Public()
  @Post('refresh')
  @HttpCode(200)
  @ApiProblems('auth.refresh_invalid', 'auth.refresh_reused', 'rate_limit.exceeded')
  refresh(@Body() { refreshToken }: RefreshDto, @Origin() origin: RequestOrigin): Promise<TokensDto> {
    return this.refreshes.refresh(refreshToken, origin);
  }

  /** Ends this session: its tokens stop working at once, everywhere. */
  @Post('logout')
  @HttpCode(204)
  @ApiSignedIn()
  async logout(@CurrentUser() user: Principal, @Origin() origin: RequestOrigin): Promise<void> {
    await this.sessions.end(user, origin);
  }

  /** Makes this session recent for ten minutes, as a sign-in does: what changes who owns the account needs that. */
  @Post('reauthenticate')
  @HttpCode(204)
  @ApiSignedIn('auth.invalid_credentials', 'auth.otp_invalid', 'auth.otp_attempts_exceeded')
  reauthenticate(
    @CurrentUser() user: Principal,
    @Body() dto: ReauthenticateDto,
    @Origin() origin: RequestOrigin,
  ): Promise<void> {
    return this.reauthentications.reauthenticate(user, dto, origin);
  }

  /** A page of the devices that are signed in, the last used first. */
  @Get('sessions')
  @ApiSignedIn()
  list(@CurrentUser() user: Principal, @Query() query: PageQuery): Promise<SessionListDto> {
    return this.sessions.list(user, query);
  }

  /** Signs one device out. */
  @Delete('sessions/:id')
  @HttpCode(204)
  @ApiSignedIn('auth.session_not_found')
  revoke(
    @CurrentUser() user: Principal,
    @UuidParam('id', 'auth.session_not_found') id: string,
    @Origin() origin: RequestOrigin,
  ): Promise<void> {
    return this.sessions.revoke(user, id, origin);
  }

  /** Signs every other device out. */
  @Delete('sessions')
  @HttpCode(204)
  @ApiSignedIn()
  revokeOthers(@CurrentUser() user: Principal, @Origin() origin: RequestOrigin): Promise<void> {
    return this.sessions.revokeOthers(user, origin);
  }
}
