import { Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { JwtModule } from '@nestjs/jwt';
import { PassportModule } from '@nestjs/passport';
import { ServerKeys } from '../common/server-keys.js';
import { AccessTokenService } from './access-token.service.js';
import { AccountService } from './account/account.service.js';
import { CodeSignInService } from './account/code-sign-in.service.js';
import { IdentityService } from './account/identity.service.js';
import { PasswordSignInService } from './account/password-sign-in.service.js';
import { SignUpService } from './account/sign-up.service.js';
import { AuditLog } from './audit-log.js';
import { AuthController } from './auth.controller.js';
import { QuotaModule } from '../quota/quota.module.js';
import { RateLimitModule } from '../infra/rate-limit/rate-limit.module.js';
import { IpBurstGuard } from './limit/ip-burst.guard.js';
import { UserBurstGuard } from './limit/user-burst.guard.js';
import { LiveSessionsService } from './session/live-sessions.service.js';
import { OneTimeCodes } from './otp/one-time-code.js';
import { OtpService } from './otp/otp.service.js';
import { PasswordController } from './password.controller.js';
import { ChangePasswordService } from './password/change-password.service.js';
import { PasswordService } from './password/password.service.js';
import { SessionController } from './session.controller.js';
import { RefreshTokens } from './session/refresh-token.js';
import { RefreshService } from './session/refresh.service.js';
import { SessionGuard } from './session/session.guard.js';
import { SessionService } from './session/session.service.js';
import { SessionStrategy } from './session/session.strategy.js';
import { TokenKeys } from './token-keys.js';

@Module({
  imports: [JwtModule.register({}), PassportModule, RateLimitModule, QuotaModule],
  controllers: [AuthController, SessionController, PasswordController],
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
    IdentityService,
    OneTimeCodes,
    OtpService,
    PasswordService,
    ChangePasswordService,
    RefreshTokens,
    RefreshService,
    SessionService,
    AuditLog,
  ],
  exports: [AccessTokenService, AccountService, IdentityService, AuditLog, LiveSessionsService],
})
export class AuthModule {}
