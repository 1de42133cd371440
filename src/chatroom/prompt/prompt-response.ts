import { Injectable, Logger } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Principal } from '../../common/auth-context.js';
import { namesType } from '../../common/http/negotiation.js';
import { preferredWait } from '../../common/http/negotiation.js';
import { AcceptService, type Accepted, type Prompt } from './accept.service.js';
import { toMessage, type MessageDto, type MessageRow } from '../message/message.dto.js';
import type { MessagePath } from '../message/message.dto.js';
import { quotaHeaders } from '../../quota/quota.http.js';
import { ReplyStreamService } from '../stream/reply-stream.service.js';
import { ReplyWaitService } from '../stream/reply-wait.service.js';
import { RetryService } from './retry.service.js';

interface Exchange {
  request: FastifyRequest;
  reply: FastifyReply;
  /** Ends when the client hangs up. */
  gone: AbortSignal;
}

/** Answers an accepted prompt in the way its client asked for. */
@Injectable()
export class PromptResponder {
  private readonly logger = new Logger(PromptResponder.name);

  constructor(
    private readonly prompts: AcceptService,
    private readonly retries: RetryService,
    private readonly streams: ReplyStreamService,
    private readonly waits: ReplyWaitService,
  ) {}

  /**
   * What is accepted is accepted: whatever fails from then on, the client gets at least its 202.
   * @throws AppError as `AcceptService.accept`
   */
  async send(user: Principal, prompt: Prompt, { request, reply, gone }: Exchange): Promise<void> {
    const accepted = await this.prompts.accept(user, prompt);
    void reply.headers(headersOf(accepted, request));
    if (namesType(request.headers.accept, 'text/event-stream') && (await this.stream(user, accepted, reply)))
      return;
    const seconds = preferredWait([request.headers.prefer ?? []].flat().join(','));
    const ended = seconds ? await this.wait(accepted, seconds, gone) : null;
    if (seconds !== undefined) void reply.header('Preference-Applied', `wait=${seconds}`);
    const json = ended ? JSON.stringify({ ...accepted.response, reply: toMessage(ended) }) : accepted.json;
    void reply
      .status(ended ? 200 : 202)
      .type('application/json; charset=utf-8')
      .send(json);
  }

  /** @throws AppError as `RetryService.retry` */
  async again(
    user: Principal,
    path: MessagePath,
    { request, reply }: Omit<Exchange, 'gone'>,
  ): Promise<MessageDto> {
    const retried = await this.retries.retry(user, path, request.id);
    void reply.headers(quotaHeaders(retried.quota));
    return retried.reply;
  }

  private stream(user: Principal, { response, json }: Accepted, reply: FastifyReply): Promise<boolean> {
    return this.streams
      .open(reply, { replyId: response.reply.id, sessionId: user.sessionId, accepted: json })
      .catch((error: Error) => this.without(false, error));
  }

  private wait({ response }: Accepted, seconds: number, signal: AbortSignal): Promise<MessageRow | null> {
    return this.waits
      .waitFor(response.reply.id, seconds, { signal })
      .catch((error: Error) => this.without(null, error));
  }

  private without<T>(nothing: T, error: Error): T {
    this.logger.warn(`a prompt is answered with 202 only: ${error.message}`);
    return nothing;
  }
}

function headersOf({ response, replayed, quota }: Accepted, request: FastifyRequest): Record<string, string> {
  return {
    Location: `${request.url.split('?', 1)[0]}/${response.reply.id}`,
    ...quotaHeaders(quota),
    ...(replayed && { 'Idempotency-Replayed': 'true' }),
  };
}
