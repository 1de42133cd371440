import { Controller, Get, Headers, Query, Res } from '@nestjs/common';
import { ApiHeader, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { BodyLimit, KIB } from '../../common/http/route-policy.js';
import { CurrentUser, type Principal } from '../../common/auth-context.js';
import { ApiSignedIn } from '../../common/http/openapi.js';
import { sendJson } from '../../common/http/json.js';
import { PageQuery } from '../../common/http/page-query.dto.js';
import { MessageDto, MessageId, MessageListDto, RoomId, WaitQuery } from '../message/message.dto.js';
import { MessageService } from '../message/message.service.js';
import { STREAM_RESPONSE } from '../message/stream.openapi.js';
import { MessageFollowService } from './message-follow.service.js';

@ApiTags('message')
@BodyLimit(128 * KIB)
@Controller('chatroom/:id/message')
export class MessageController {
  constructor(
    private readonly messages: MessageService,
    private readonly follow: MessageFollowService,
  ) {}

  /** A page of the room's messages, oldest first, of at most 1 MiB; the cursor leads to older messages. */
  @Get()
  @ApiOkResponse({ type: MessageListDto })
  @ApiSignedIn('chatroom.not_found')
  async list(
    @CurrentUser() user: Principal,
    @RoomId() chatroomId: string,
    @Query() query: PageQuery,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    sendJson(reply, { json: await this.messages.list(user, chatroomId, query) });
  }

  /** One message. With `wait` the response for an unfinished reply comes when it is finished, or after that many seconds. */
  @Get(':messageId')
  @ApiSignedIn('chatroom.not_found', 'message.not_found')
  get(
    @CurrentUser() user: Principal,
    @RoomId() chatroomId: string,
    @MessageId() id: string,
    @Query() { wait }: WaitQuery,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<MessageDto> {
    return this.follow.get(user, { chatroomId, id }, wait, reply);
  }

  /** A reply as server-sent events, from its beginning or after `Last-Event-ID`: while it runs and afterwards. */
  @Get(':messageId/stream')
  @ApiOkResponse(STREAM_RESPONSE)
  @ApiHeader({ name: 'Last-Event-ID', required: false, description: 'Continue after this event.' })
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
