import { Injectable } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { Principal } from '../../common/auth-context.js';
import { AppError } from '../../common/errors/app-error.js';
import { disconnectSignal } from '../../common/http/request-context.js';
import { onlyWaits } from '../../infra/rate-limit/concurrent-requests.js';
import { toMessage, type MessageDto } from '../message/message.dto.js';
import type { MessagePath } from '../message/message.dto.js';
import { MessageService } from '../message/message.service.js';
import { ReplyStreamService } from './reply-stream.service.js';
import { ReplyWaitService } from './reply-wait.service.js';

/** Reads of a message by the owner of its room: now, once it is finished, or as a stream. */
@Injectable()
export class MessageFollowService {
  constructor(
    private readonly messages: MessageService,
    private readonly waits: ReplyWaitService,
    private readonly streams: ReplyStreamService,
  ) {}

  /**
   * The message; an unfinished reply is waited for.
   * @param seconds how long to wait at most; 0 does not wait
   * @param reply the wait ends when its client disconnects
   * @throws AppError `chatroom.not_found`, `message.not_found`; `auth.unauthenticated` when the session ends during the wait
   */
  async get(
    user: Principal,
    { chatroomId, id }: MessagePath,
    seconds: number,
    reply: FastifyReply,
  ): Promise<MessageDto> {
    const row = await this.messages.get(user, chatroomId, id);
    // The response to a HEAD has no body that could be waited for.
    if (seconds === 0 || row.completedAt || reply.request.method === 'HEAD') return toMessage(row);
    onlyWaits(reply.request);
    const ended = await this.waits.waitFor(id, seconds, {
      user,
      signal: disconnectSignal(reply),
      patient: true,
    });
    return toMessage(ended ?? (await this.messages.get(user, chatroomId, id)));
  }

  /**
   * Answers with the stream of a reply, from its beginning or after `lastEventId`.
   * @throws AppError `chatroom.not_found`, `message.not_found` (also for a prompt), `service.unavailable`
   */
  async stream(
    user: Principal,
    { chatroomId, id }: MessagePath,
    lastEventId: string | undefined,
    reply: FastifyReply,
  ): Promise<void> {
    const row = await this.messages.get(user, chatroomId, id);
    if (row.role !== 'model')
      throw new AppError('message.not_found', { detail: 'Only replies are streamed.' });
    onlyWaits(reply.request);
    const open = await this.streams.open(reply, { replyId: id, user, lastEventId });
    if (!open) throw new AppError('service.unavailable', { retryAfter: 2 });
  }
}
