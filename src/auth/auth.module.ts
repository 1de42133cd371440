import { Module } from '@nestjs/common';
import { JwtModule } from '@nestjs/jwt';
import { ServerKeys } from '../common/crypto/secrets.js';
import { RateLimitModule } from '../infra/rate-limit/rate-limit.module.js';
import { QuotaModule } from '../quota/quota.module.js';
import { AccountService } from './account/account.service.js';
import { PasswordGuard } from './account/password-guard.js';
import { PasswordService } from './account/password.service.js';
import { AccountDeletionService } from './account-deletion.service.js';
import { RequestAccessService } from './request-access.service.js';
import { AuditLog } from './audit-log.js';
import { NoticeService } from './notice/notice.service.js';
import { OneTimeCodes } from './otp/one-time-code.js';
import { OtpLimits } from './otp/otp-limits.js';
import { OtpService } from './otp/otp.service.js';
import { AccessTokenService, TokenKeys } from './session/access-token.js';
import { LiveSessionsService } from './session/live-sessions.service.js';
import { RefreshRotationService } from './session/refresh-rotation.service.js';
import { RefreshTokens } from './session/refresh-token.js';
import { RefreshService } from './session/refresh.service.js';
import { SessionAuthenticator } from './session/session-authenticator.js';
import { SessionIssuerService } from './session/session-issuer.service.js';
import { SessionService } from './session/session.service.js';
import { AccessRevocationService } from './sign-in/access-revocation.service.js';
import { AccountCodeService } from './sign-in/account-code.service.js';
import { ChangeIdentityService } from './sign-in/change-identity.service.js';
import { ChangePasswordService } from './sign-in/change-password.service.js';
import { CodeSignInService } from './sign-in/code-sign-in.service.js';
import { PasswordController } from './sign-in/password.controller.js';
import { PasswordSignInService } from './sign-in/password-sign-in.service.js';
import { ReauthenticationService } from './sign-in/reauthentication.service.js';
import { ResetPasswordService } from './sign-in/reset-password.service.js';
import { SessionController } from './sign-in/session.controller.js';
import { SignInController } from './sign-in/sign-in.controller.js';
import { SignUpService } from './sign-in/sign-up.service.js';

/** Accounts, sessions, one-time codes and passwords, and what decides about every request. */
@Module({
  imports: [JwtModule.register({}), RateLimitModule, QuotaModule],
  controllers: [SignInController, SessionController, PasswordController],
  providers: [
    ServerKeys,
    TokenKeys,
    AccessTokenService,
    LiveSessionsService,
    SessionAuthenticator,
    RequestAccessService,
    AccountService,
    AccountDeletionService,
    SignUpService,
    AccountCodeService,
    CodeSignInService,
    PasswordSignInService,
    ChangeIdentityService,
    NoticeService,
    OneTimeCodes,
    OtpLimits,
    OtpService,
    PasswordService,
    PasswordGuard,
    ReauthenticationService,
    ChangePasswordService,
    ResetPasswordService,
    AccessRevocationService,
    RefreshTokens,
    RefreshRotationService,
    RefreshService,
    SessionService,
    SessionIssuerService,
    AuditLog,
  ],
  exports: [
    AccessTokenService,
    AccountService,
    AccountDeletionService,
    ChangeIdentityService,
    AuditLog,
    LiveSessionsService,
  ],
})
export class AuthModule {}
