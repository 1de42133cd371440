import { Transform } from 'class-transformer';
import { IsOptional, IsString, ValidateIf } from 'class-validator';
import { MaxCodePoints } from '../../common/http/max-code-points.decorator.js';
import { NotBlank } from '../../common/http/not-blank.decorator.js';
import { PageQuery } from '../../common/http/page-query.dto.js';
import { bareModelName } from '../../config/model-name.js';
import { MessageListDto } from '../message/message.dto.js';
import type { ChatroomRow, ListedChatroomRow } from './chatroom.sql.js';

/** A conversation as the list shows it. */
export class ListedChatroomDto {
  /** UUIDv7 */
  id!: string;
  /** "New chat" until somebody, or the first prompt, names it. */
  title!: string;
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

/** A conversation. */
export class ChatroomDto extends ListedChatroomDto {
  /** What Gemini is told about its part here; null: the service's own instruction. */
  systemInstruction!: string | null;
}

export class CreateChatroomDto {
  /**
   * 1 to 200 characters, some of them visible. Without one the first prompt's opening words become the title.
   * @example "Trip to Paris"
   */
  @ValidateIf((_, value) => value !== undefined)
  @MaxCodePoints(200, { min: 1 })
  @NotBlank()
  title?: string;

  /**
   * Up to 8000 characters. Null: the service's own instruction.
   * @example "You are a travel guide. Answer in three sentences."
   */
  @IsOptional()
  @MaxCodePoints(8000)
  systemInstruction?: string | null;

  /**
   * One of the allowed Gemini models, with or without `models/` before its name. Null: the service's choice.
   * @example "gemini-3.8-flash"
   */
  @IsOptional()
  @Transform(({ value }: { value: unknown }) => (typeof value === 'string' ? bareModelName(value) : value))
  @IsString()
  model?: string | null;
}

/** What is not named stays as it is. */
export class UpdateChatroomDto extends CreateChatroomDto {}

export class ChatroomListQuery extends PageQuery {
  /**
   * Only rooms whose title contains this, whatever the case and the Unicode normal form.
   * @example "paris"
   */
  @IsOptional()
  @MaxCodePoints(200)
  q?: string;
}

export class ChatroomListDto {
  data!: ListedChatroomDto[];
  /** Ask for the next page with it; null on the last one. A page that has fewer rooms than asked for may have a next one. */
  nextCursor!: string | null;
}

/** A room with the newest page of its messages. */
export class ChatroomWithMessagesDto extends ChatroomDto {
  messages!: MessageListDto;
}

/** What leaves the database is named here, never a row passed through. */
export function toChatroom(row: ChatroomRow): ChatroomDto {
  return { ...toListedChatroom(row), systemInstruction: row.systemInstruction };
}

/** As `toChatroom`, for the list. */
export function toListedChatroom(row: ListedChatroomRow): ListedChatroomDto {
  return {
    id: row.id,
    title: row.title,
    model: row.model,
    messageCount: row.messageCount,
    lastMessageAt: row.lastMessageAt?.toISOString() ?? null,
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
  };
}
