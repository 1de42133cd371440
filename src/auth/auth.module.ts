import { Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { JwtModule } from '@nestjs/jwt';
import { PassportModule } from '@nestjs/passport';
import { ServerKeys } from '../common/crypto/secrets.js';
import { AccessTokenService } from './session/access-token.js';
import { AccountService } from './account/account.service.js';
import { CodeSignInService } from './sign-in/code-sign-in.service.js';
import { ChangeIdentityService } from './sign-in/change-identity.service.js';
import { PasswordSignInService } from './sign-in/password-sign-in.service.js';
import { SignUpService } from './sign-in/sign-up.service.js';
import { AuditLog } from './audit-log.js';
import { SignInController } from './sign-in/sign-in.controller.js';
import { QuotaModule } from '../quota/quota.module.js';
import { RateLimitModule } from '../infra/rate-limit/rate-limit.module.js';
import { IpBurstGuard } from './burst.guards.js';
import { UserBurstGuard } from './burst.guards.js';
import { LiveSessionsService } from './session/live-sessions.service.js';
import { OneTimeCodes } from './otp/one-time-code.js';
import { OtpService } from './otp/otp.service.js';
import { PasswordController } from './sign-in/password.controller.js';
import { ChangePasswordService } from './sign-in/change-password.service.js';
import { PasswordService } from './account/password.service.js';
import { SessionController } from './sign-in/session.controller.js';
import { RefreshTokens } from './session/refresh-token.js';
import { RefreshService } from './session/refresh.service.js';
import { SessionGuard } from './session/session.guard.js';
import { SessionService } from './session/session.service.js';
import { SessionStrategy } from './session/session.guard.js';
import { TokenKeys } from './session/access-token.js';

@Module({
  imports: [JwtModule.register({}), PassportModule, RateLimitModule, QuotaModule],
  controllers: [SignInController, SessionController, PasswordController],
  providers: [
    ServerKeys,
    TokenKeys,
    AccessTokenService,
    LiveSessionsService,
    SessionStrategy,
    // In this order: an address is limited before any work is done, a person once it is known who they are.
    { provide: APP_GUARD, useClass: IpBurstGuard },
    { provide: APP_GUARD, useClass: SessionGuard },
    { provide: APP_GUARD, useClass: UserBurstGuard },
    AccountService,
    SignUpService,
    CodeSignInService,
    PasswordSignInService,
    ChangeIdentityService,
    OneTimeCodes,
    OtpService,
    PasswordService,
    ChangePasswordService,
    RefreshTokens,
    RefreshService,
    SessionService,
    AuditLog,
  ],
  exports: [
    OtpService,
    AccessTokenService,
    AccountService,
    ChangeIdentityService,
    AuditLog,
    LiveSessionsService,
  ],
})
export class AuthModule {}
