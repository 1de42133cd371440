import { Injectable } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { Principal } from '../../common/auth-context.js';
import { AppError } from '../../common/errors/app-error.js';
import { toMessage, type MessageDto } from '../message/message.dto.js';
import type { MessagePath } from '../message/message.dto.js';
import { MessageService } from '../message/message.service.js';
import { ReplyStreamService } from './reply-stream.service.js';
import { ReplyWaitService } from './reply-wait.service.js';

/** Reads a reply while it comes to be, for the owner of its room alone. */
@Injectable()
export class MessageFollowService {
  constructor(
    private readonly messages: MessageService,
    private readonly waits: ReplyWaitService,
    private readonly streams: ReplyStreamService,
  ) {}

  /**
   * The message as it is; with `seconds` a reply that runs is waited for.
   * @throws AppError `chatroom.not_found`, `message.not_found`
   */
  async get(
    user: Principal,
    { chatroomId, id }: MessagePath,
    seconds: number,
    signal: AbortSignal,
  ): Promise<MessageDto> {
    const row = await this.messages.get(user, chatroomId, id);
    if (seconds === 0 || row.completedAt) return toMessage(row);
    const ended = await this.waits.waitFor(id, seconds, { signal, patient: true });
    return toMessage(ended ?? (await this.messages.get(user, chatroomId, id)));
  }

  /**
   * Answers with the stream of a reply.
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
    const open = await this.streams.open(reply, { replyId: id, sessionId: user.sessionId, lastEventId });
    if (!open) throw new AppError('service.unavailable', { retryAfter: 2 });
  }
}
