import { Controller, Get, Headers, Query, Res } from '@nestjs/common';
import { ApiHeader, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { CurrentUser } from '../auth/current-user.decorator.js';
import type { Principal } from '../auth/principal.js';
import { ApiSignedIn } from '../common/http/api-problems.decorator.js';
import { HangUp } from '../common/http/hang-up.decorator.js';
import { PageQuery } from '../common/http/page-query.dto.js';
import { MessageListDto } from './chatroom.dto.js';
import { MessageFollowService } from './message-follow.service.js';
import { MessageDto } from './message.dto.js';
import { MessageService } from './message.service.js';
import { MessageId, RoomId } from './path-param.decorator.js';
import { STREAM_RESPONSE } from './stream.openapi.js';
import { WaitQuery } from './wait-query.dto.js';

@ApiTags('message')
@Controller('chatroom/:id/message')
export class MessageController {
  constructor(
    private readonly messages: MessageService,
    private readonly follow: MessageFollowService,
  ) {}

  /** A page of the room's messages, oldest first; the cursor leads back in time. */
  @Get()
  @ApiSignedIn('chatroom.not_found')
  list(
    @CurrentUser() user: Principal,
    @RoomId() chatroomId: string,
    @Query() query: PageQuery,
  ): Promise<MessageListDto> {
    return this.messages.list(user, chatroomId, query);
  }

  /** One message. With `wait` the answer to an unfinished reply comes when it is finished, or after so many seconds. */
  @Get(':messageId')
  @ApiSignedIn('chatroom.not_found', 'message.not_found')
  get(
    @CurrentUser() user: Principal,
    @RoomId() chatroomId: string,
    @MessageId() id: string,
    @Query() { wait }: WaitQuery,
    @HangUp() signal: AbortSignal,
  ): Promise<MessageDto> {
    return this.follow.get(user, { chatroomId, id }, wait, signal);
  }

  /** A reply as server-sent events, from its beginning or after `Last-Event-ID`: while it runs and afterwards. */
  @Get(':messageId/stream')
  @ApiOkResponse(STREAM_RESPONSE)
  @ApiHeader({ name: 'Last-Event-ID', required: false, description: 'Go on after this event.' })
  @ApiSignedIn('chatroom.not_found', 'message.not_found')
  stream(
    @CurrentUser() user: Principal,
    @RoomId() chatroomId: string,
    @MessageId() id: string,
    @Headers('last-event-id') lastEventId: string | undefined,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    return this.follow.stream(user, { chatroomId, id }, lastEventId, reply);
  }
}
