import { Injectable, Logger } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Principal } from '../../common/auth-context.js';
import { namesType, preferredWait } from '../../common/http/negotiation.js';
import { disconnectSignal } from '../../common/http/request-context.js';
import { AcceptService, type Accepted, type Prompt } from './accept.service.js';
import { toMessage, type MessagePath } from '../message/message.dto.js';
import type { MessageRow } from '../message/message.sql.js';
import { onlyWaits } from '../../infra/rate-limit/concurrent-requests.js';
import { sendOnce } from '../../infra/idempotency/idempotency.http.js';
import { quotaHeaders } from '../../quota/quota.http.js';
import { ReplyStreamService } from '../stream/reply-stream.service.js';
import { ReplyWaitService } from '../stream/reply-wait.service.js';
import { RetryService } from './retry.service.js';

/** The request and the response of one call. */
interface Exchange {
  request: FastifyRequest;
  reply: FastifyReply;
}

/** Responds to an accepted prompt in the way its client asked for: at once, when the reply is finished, or with its stream. */
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
   * Accepts a prompt and responds. Once it is accepted, whatever fails afterwards, the client gets at least its 202.
   * @throws AppError as `AcceptService.accept`
   */
  async send(
    user: Principal,
    chatroomId: string,
    content: string,
    { request, reply }: Exchange,
  ): Promise<void> {
    const accepted = await this.prompts.accept(user, { chatroomId, content, ...idsOf(request) });
    void reply.headers(headersOf(accepted, request));
    onlyWaits(request);
    if (namesType(request.headers.accept, 'text/event-stream') && (await this.stream(user, accepted, reply)))
      return;
    const seconds = preferredWait([request.headers.prefer ?? []].flat().join(','));
    const ended = seconds ? await this.wait(user, accepted, seconds, disconnectSignal(reply)) : null;
    if (seconds !== undefined) void reply.header('Preference-Applied', `wait=${seconds}`);
    const json = ended ? JSON.stringify({ ...accepted.response, reply: toMessage(ended) }) : accepted.json;
    void reply
      .status(ended ? 200 : 202)
      .type('application/json; charset=utf-8')
      .send(json);
  }

  /** Queues an ended reply again and responds. @throws AppError as `RetryService.retry` */
  async retry(user: Principal, path: MessagePath, { request, reply }: Exchange): Promise<void> {
    const { response, quota } = await this.retries.retry(user, { ...path, ...idsOf(request) });
    sendOnce(reply.headers(quotaHeaders(quota)), response);
  }

  private stream(user: Principal, { response, json }: Accepted, reply: FastifyReply): Promise<boolean> {
    return this.streams
      .open(reply, { replyId: response.reply.id, user, accepted: json })
      .catch((error: Error) => this.fallBack(false, error));
  }

  private wait(
    user: Principal,
    { response }: Accepted,
    seconds: number,
    signal: AbortSignal,
  ): Promise<MessageRow | null> {
    return this.waits
      .waitFor(response.reply.id, seconds, { user, signal })
      .catch((error: Error) => this.fallBack(null, error));
  }

  private fallBack<T>(result: T, error: Error): T {
    this.logger.warn(`the response to a prompt is 202 only: ${error.message}`);
    return result;
  }
}

/** The ids that a request came with: its idempotency key, if it has one, and its request id. */
function idsOf({ headers, id }: FastifyRequest): Pick<Prompt, 'idempotencyKey' | 'requestId'> {
  const key = headers['idempotency-key'];
  return { idempotencyKey: key === undefined ? undefined : String(key), requestId: id };
}

function headersOf({ response, replayed, quota }: Accepted, request: FastifyRequest): Record<string, string> {
  return {
    Location: `${request.url.split('?', 1)[0]}/${response.reply.id}`,
    ...quotaHeaders(quota),
    ...(replayed && { 'Idempotency-Replayed': 'true' }),
  };
}
