import { Body, Controller, Delete, Get, Headers, HttpCode, Patch, Post, Query, Res } from '@nestjs/common';
import { ApiBody, ApiCreatedResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { BodyLimit, KIB } from '../../common/http/route-policy.js';
import { CurrentUser } from '../../common/auth-context.js';
import type { Principal } from '../../common/auth-context.js';
import { ApiSignedIn } from '../../common/http/openapi.js';
import { describeHeaders } from '../../common/http/openapi.js';
import { LimitQuery } from '../../common/http/page-query.dto.js';
import { sendJson } from '../../common/http/json.js';
import { ApiIdempotencyKey, REPLAYED_HEADER } from '../../infra/idempotency/idempotency.http.js';
import { sendOnce } from '../../infra/idempotency/idempotency.http.js';
import {
  ChatroomDto,
  ChatroomListDto,
  ChatroomListQuery,
  ChatroomWithMessagesDto,
  CreateChatroomDto,
  UpdateChatroomDto,
} from './chatroom.dto.js';
import { Origin, type RequestOrigin } from '../../common/http/request-context.js';
import { ChatroomDeletionService } from './chatroom-deletion.service.js';
import { ChatroomService } from './chatroom.service.js';
import { RoomId } from '../message/message.dto.js';
import { ChatroomListService } from './chatroom-list.service.js';

@ApiTags('chatroom')
@BodyLimit(128 * KIB)
@Controller('chatroom')
export class ChatroomController {
  constructor(
    private readonly chatrooms: ChatroomService,
    private readonly list: ChatroomListService,
    private readonly deletion: ChatroomDeletionService,
  ) {}

  /** Open a chatroom. With an `Idempotency-Key` a repetition answers the first one's room, or 404 once that is deleted. */
  @Post()
  @ApiBody({ type: CreateChatroomDto, required: false })
  @ApiCreatedResponse({ type: ChatroomDto, headers: REPLAYED_HEADER })
  @ApiIdempotencyKey()
  @ApiSignedIn('chatroom.too_many', 'chatroom.not_found', 'idempotency.key_reused', 'idempotency.in_progress')
  async create(
    @CurrentUser() user: Principal,
    @Body() body: CreateChatroomDto,
    @Headers('idempotency-key') key: string | undefined,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    sendOnce(reply, await this.chatrooms.create(user, body, key));
  }

  /** Your chatrooms without their instructions, newest activity first. `X-Cache` tells whether the first page came from the cache. */
  @Get()
  @ApiOkResponse({
    type: ChatroomListDto,
    headers: describeHeaders({ 'X-Cache': 'HIT or MISS; first page only' }),
  })
  @ApiSignedIn()
  async find(
    @CurrentUser() user: Principal,
    @Query() query: ChatroomListQuery,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    sendJson(reply, await this.list.read(user, query));
  }

  /** A chatroom with the newest page of its messages, oldest first, of at most 1 MiB together. */
  @Get(':id')
  @ApiOkResponse({ type: ChatroomWithMessagesDto })
  @ApiSignedIn('chatroom.not_found')
  async get(
    @CurrentUser() user: Principal,
    @RoomId() id: string,
    @Query() { limit }: LimitQuery,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    sendJson(reply, { json: await this.chatrooms.get(user, id, limit) });
  }

  /** Change title, system instruction or model; what is not named stays. */
  @Patch(':id')
  @ApiBody({ type: UpdateChatroomDto, required: false })
  @ApiSignedIn('chatroom.not_found')
  update(
    @CurrentUser() user: Principal,
    @RoomId() id: string,
    @Body() body: UpdateChatroomDto,
  ): Promise<ChatroomDto> {
    return this.chatrooms.update(user, id, body);
  }

  /** Delete a chatroom with its messages; replies that are still running are cancelled. */
  @Delete(':id')
  @HttpCode(204)
  @ApiSignedIn('chatroom.not_found')
  remove(
    @CurrentUser() user: Principal,
    @RoomId() id: string,
    @Origin() { requestId }: RequestOrigin,
  ): Promise<void> {
    return this.deletion.delete(user, id, requestId);
  }
}
