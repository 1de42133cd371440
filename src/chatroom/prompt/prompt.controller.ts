import { Body, Controller, HttpCode, Post, Req, Res } from '@nestjs/common';
import { ApiAcceptedResponse, ApiHeader, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { CurrentUser, type Principal } from '../../common/auth-context.js';
import { ApiSignedIn } from '../../common/http/openapi.js';
import { BodyLimit, KIB } from '../../common/http/route-policy.js';
import { ApiIdempotencyKey } from '../../infra/idempotency/idempotency.http.js';
import { CancelService } from './cancel.service.js';
import { MessageDto, MessageId, RoomId, SendMessageDto } from '../message/message.dto.js';
import { PromptResponder } from './prompt-response.js';
import { ACCEPTED_RESPONSE, ANSWERED_RESPONSE, RETRIED_RESPONSE } from './prompt.openapi.js';

/** Sends prompts, cancels and retries replies. */
@ApiTags('message')
@BodyLimit(128 * KIB)
@Controller('chatroom/:id/message')
export class PromptController {
  constructor(
    private readonly prompts: PromptResponder,
    private readonly cancels: CancelService,
  ) {}

  /**
   * Send a prompt. The reply is generated through the queue: poll it, wait for it (`Prefer: wait=20`)
   * or watch it (`Accept: text/event-stream`).
   */
  @Post()
  @BodyLimit(512 * KIB)
  @HttpCode(202)
  @ApiIdempotencyKey()
  @ApiHeader({
    name: 'Prefer',
    required: false,
    description: '`wait=N`: wait up to N (60) seconds for the finished reply',
  })
  @ApiAcceptedResponse(ACCEPTED_RESPONSE)
  @ApiOkResponse(ANSWERED_RESPONSE)
  @ApiSignedIn(
    'chatroom.not_found',
    'quota.exceeded',
    'queue.full',
    'idempotency.key_reused',
    'idempotency.in_progress',
  )
  async send(
    @CurrentUser() user: Principal,
    @RoomId() chatroomId: string,
    @Body() { content }: SendMessageDto,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.prompts.send(user, chatroomId, content, { request, reply });
  }

  /** Cancel a queued or running reply; the text published by then is kept. */
  @Post(':messageId/cancel')
  @HttpCode(200)
  @ApiOkResponse({ type: MessageDto })
  @ApiSignedIn('chatroom.not_found', 'message.not_found', 'message.not_running')
  cancel(
    @CurrentUser() user: Principal,
    @RoomId() chatroomId: string,
    @MessageId() id: string,
  ): Promise<MessageDto> {
    return this.cancels.cancel(user, { chatroomId, id });
  }

  /** Generate a failed, cancelled or incomplete reply again, for another unit of today. */
  @Post(':messageId/retry')
  @HttpCode(202)
  @ApiIdempotencyKey()
  @ApiAcceptedResponse(RETRIED_RESPONSE)
  @ApiSignedIn(
    'chatroom.not_found',
    'message.not_found',
    'message.not_retryable',
    'quota.exceeded',
    'queue.full',
    'idempotency.key_reused',
    'idempotency.in_progress',
  )
  async retry(
    @CurrentUser() user: Principal,
    @RoomId() chatroomId: string,
    @MessageId() id: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.prompts.retry(user, { chatroomId, id }, { request, reply });
  }
}
