import { IsOptional, IsString, Matches, ValidateIf } from 'class-validator';
import { MaxCodePoints } from '../../common/http/max-code-points.decorator.js';
import { PageQuery } from '../../common/http/page-query.dto.js';
import { MessageListDto } from '../message/message.dto.js';
import type { ChatroomRow } from './chatroom.sql.js';

/** A conversation. */
export class ChatroomDto {
  /** UUIDv7 */
  id!: string;
  /** "New chat" until somebody, or the first prompt, names it. */
  title!: string;
  /** What Gemini is told about its part here; null: the service's own instruction. */
  systemInstruction!: string | null;
  /** The Gemini model that answers here; null: the service's choice. */
  model!: string | null;
  /** Prompts and replies. */
  messageCount!: number;
  /** ISO 8601, UTC */
  lastMessageAt!: string | null;
  /** ISO 8601, UTC */
  createdAt!: string;
  /** ISO 8601, UTC */
  updatedAt!: string;
}

export class CreateChatroomDto {
  /**
   * 1 to 200 characters, not blank. Without one the first prompt's opening words become the title.
   * @example "Trip to Paris"
   */
  @ValidateIf((_, value) => value !== undefined)
  @MaxCodePoints(200, { min: 1 })
  @Matches(/\S/, { message: '$property must not be blank' })
  title?: string;

  /**
   * Up to 8000 characters. Null: the service's own instruction.
   * @example "You are a travel guide. Answer in three sentences."
   */
  @IsOptional()
  @MaxCodePoints(8000)
  systemInstruction?: string | null;

  /**
   * One of the allowed Gemini models. Null: the service's choice.
   * @example "gemini-3.8-flash"
   */
  @IsOptional()
  @IsString()
  model?: string | null;
}

/** What is not named stays as it is. */
export class UpdateChatroomDto extends CreateChatroomDto {}

export class ChatroomListQuery extends PageQuery {
  /**
   * Only rooms whose title contains this, whatever the case.
   * @example "paris"
   */
  @IsOptional()
  @MaxCodePoints(200)
  q?: string;
}

export class ChatroomListDto {
  data!: ChatroomDto[];
  /** Ask for the next page with it; null on the last one. */
  nextCursor!: string | null;
}

/** A room with the newest page of its messages. */
export class ChatroomWithMessagesDto extends ChatroomDto {
  messages!: MessageListDto;
}

/** What leaves the database is named here, never a row passed through. */
export function toChatroom(row: ChatroomRow): ChatroomDto {
  return {
    id: row.id,
    title: row.title,
    systemInstruction: row.systemInstruction,
    model: row.model,
    messageCount: row.messageCount,
    lastMessageAt: row.lastMessageAt?.toISOString() ?? null,
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
  };
}
