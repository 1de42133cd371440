import { IsInt, Max, Min } from 'class-validator';
import { MaxCodePoints } from '../../common/http/max-code-points.decorator.js';
import { NotBlank } from '../../common/http/not-blank.decorator.js';
import { UuidParam } from '../../common/http/uuid-param.decorator.js';
import { ApiPropertyOptional } from '@nestjs/swagger';
import { FromDigits } from '../../common/http/page-query.dto.js';
import { MAX_WAIT } from '../../common/http/negotiation.js';
import type { MessageRow } from './message.sql.js';

/** Code points. */
const CONTENT_MAX = 32_000;

/** Which message of which room. */
export interface MessagePath {
  chatroomId: string;
  id: string;
}

/** Tokens as Gemini counted them. */
export class UsageDto {
  promptTokens!: number;
  outputTokens!: number;
  thoughtTokens!: number;
  cachedTokens!: number;
  totalTokens!: number;
}

/** Why a reply failed. */
export class ReplyErrorDto {
  /** @example "gemini.unavailable" */
  code!: string;
  message!: string;
}

/** A prompt, or Gemini's reply to one. */
export class MessageDto {
  /** UUIDv7 */
  id!: string;
  chatroomId!: string;
  /** @example "model" */
  role!: 'user' | 'model';
  /** Null until a reply is finished, and for a failed one. */
  content!: string | null;
  /**
   * Incomplete: the text of a response that ended early is kept.
   * @example "completed"
   */
  status!: 'queued' | 'in_progress' | 'completed' | 'failed' | 'cancelled' | 'incomplete';
  /** The prompt that a reply answers. */
  replyTo!: string | null;
  error!: ReplyErrorDto | null;
  /**
   * Why Gemini ended the response; null also for an incomplete reply that the time limit of a call ended.
   * @example "STOP"
   */
  finishReason!: string | null;
  /** @example "gemini-3.8-flash" */
  model!: string | null;
  usage!: UsageDto | null;
  /** Served from the response cache. */
  cached!: boolean;
  /** Gemini did not see the whole history. */
  contextTrimmed!: boolean;
  /** ISO 8601, UTC */
  createdAt!: string;
  /** ISO 8601, UTC */
  completedAt!: string | null;
}

/** A page of messages, oldest first. */
export class MessageListDto {
  data!: MessageDto[];
  /**
   * Ask for the page before this one, in time, with it; null at the beginning of the room. A page with fewer messages than
   * asked for may have one before it.
   */
  nextCursor!: string | null;
}

export class SendMessageDto {
  /**
   * The prompt: 1 to 32000 characters, some of them visible.
   * @example "What is the capital of France?"
   */
  @MaxCodePoints(CONTENT_MAX, { min: 1 })
  @NotBlank()
  content!: string;
}

/** What an accepted prompt answers. */
export class AcceptedDto {
  message!: MessageDto;
  reply!: MessageDto;
}

/** What leaves the database is named here, never a row passed through. */
export function toMessage(row: MessageRow): MessageDto {
  return {
    id: row.id,
    chatroomId: row.chatroomId,
    role: row.role,
    content: row.content,
    status: row.status,
    replyTo: row.replyTo,
    error: row.errorCode ? { code: row.errorCode, message: row.errorMessage ?? '' } : null,
    finishReason: row.finishReason,
    model: row.model,
    usage: toUsage(row),
    cached: row.cached,
    contextTrimmed: row.contextTrimmed,
    createdAt: row.createdAt.toISOString(),
    completedAt: row.completedAt?.toISOString() ?? null,
  };
}

function toUsage(row: MessageRow): UsageDto | null {
  if (row.totalTokens === null) return null;
  return {
    promptTokens: row.promptTokens ?? 0,
    outputTokens: row.outputTokens ?? 0,
    thoughtTokens: row.thoughtTokens ?? 0,
    cachedTokens: row.cachedTokens ?? 0,
    totalTokens: row.totalTokens,
  };
}

/** The room of the path. */
export const RoomId = () => UuidParam('id', 'chatroom.not_found');

/** The message of the path. */
export const MessageId = () => UuidParam('messageId', 'message.not_found');

export class WaitQuery {
  /**
   * Seconds to wait for the end of an unfinished reply.
   * @example 30
   */
  @ApiPropertyOptional()
  @FromDigits()
  @IsInt()
  @Min(0)
  @Max(MAX_WAIT)
  wait: number = 0;
}
