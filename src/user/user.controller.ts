import { Body, Controller, Delete, Get, HttpCode, Patch, Post } from '@nestjs/common';
import { ApiBody, ApiTags } from '@nestjs/swagger';
import { toUserDto, UserDto } from '../auth/account/account.dto.js';
import { AccountService } from '../auth/account/account.service.js';
import { ChangeIdentityService } from '../auth/sign-in/change-identity.service.js';
import { ConfirmIdentityDto, IdentityDto, SentCodeDto } from '../auth/sign-in/sign-in.dto.js';
import { CurrentUser, type Principal } from '../common/auth-context.js';
import { Policy } from '../common/http/route-policy.js';
import { ApiSignedIn } from '../common/http/openapi.js';
import { Origin, type RequestOrigin } from '../common/http/request-context.js';
import { DeleteUserDto, UpdateUserDto } from './user.dto.js';
import { UserService } from './user.service.js';

@ApiTags('user')
@Controller()
export class UserController {
  constructor(
    private readonly users: UserService,
    private readonly accounts: AccountService,
    private readonly identities: ChangeIdentityService,
  ) {}

  /** The signed-in person's account. */
  @Get(['user/me', 'auth/me'])
  @ApiSignedIn()
  async get(@CurrentUser() { userId }: Principal): Promise<UserDto> {
    return toUserDto(await this.accounts.get(userId));
  }

  /** Changes the fields that are given. */
  @Patch('user/me')
  @ApiBody({ type: UpdateUserDto, required: false })
  @ApiSignedIn()
  async update(@CurrentUser() { userId }: Principal, @Body() dto: UpdateUserDto): Promise<UserDto> {
    return toUserDto(await this.accounts.update(userId, dto));
  }

  /** Sends a code to a number or an address that is to become the account's. Before it is confirmed nothing changes. */
  @Post('user/me/identity')
  @HttpCode(200)
  @ApiSignedIn('auth.reauthentication_required', 'auth.mobile_taken', 'auth.email_taken', 'auth.otp_cooldown')
  requestIdentity(
    @CurrentUser() user: Principal,
    @Body() dto: IdentityDto,
    @Origin() origin: RequestOrigin,
  ): Promise<SentCodeDto> {
    return this.identities.request(user, dto, origin);
  }

  /** Adds the confirmed number or address, or puts it in place of the old one. */
  @Post('user/me/identity/verify')
  @HttpCode(200)
  @ApiSignedIn(
    'auth.reauthentication_required',
    'auth.otp_invalid',
    'auth.otp_attempts_exceeded',
    'auth.mobile_taken',
    'auth.email_taken',
  )
  async confirmIdentity(
    @CurrentUser() user: Principal,
    @Body() dto: ConfirmIdentityDto,
    @Origin() origin: RequestOrigin,
  ): Promise<UserDto> {
    return toUserDto(await this.identities.confirm(user, dto, origin));
  }

  /**
   * Deletes the account and everything that belongs to it. A subscription is cancelled at Stripe first. From then on the account
   * is gone; what it has stored is removed within the next minutes.
   */
  @Delete('user/me')
  @Policy({ limit: 'billing' })
  @HttpCode(204)
  @ApiSignedIn('auth.reauthentication_required', 'subscription.refused', 'stripe.unavailable')
  remove(
    @CurrentUser() user: Principal,
    @Body() _: DeleteUserDto,
    @Origin() origin: RequestOrigin,
  ): Promise<void> {
    return this.users.remove(user, origin);
  }
}
