import { Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import type { Principal } from '../../common/auth-context.js';
import { AppError } from '../../common/errors/app-error.js';
import { Settings } from '../../config/settings.js';
import { IdempotencyService, type OnceResponse } from '../../infra/idempotency/idempotency.service.js';
import { Database, type ValuesOf } from '../../infra/postgres/database.js';
import { toChatroom, type ChatroomDto } from './chatroom.dto.js';
import type { CreateChatroomDto, UpdateChatroomDto } from './chatroom.dto.js';
import { MessageService } from '../message/message.service.js';
import { DEFAULT_TITLE } from '../default-title.js';
import { CREATE_CHATROOM, FIND_CHATROOM, UPDATE_CHATROOM } from './chatroom.sql.js';

/** A person's rooms: each change is also a change of the list. */
@Injectable()
export class ChatroomService {
  constructor(
    private readonly database: Database,
    private readonly idempotency: IdempotencyService,
    private readonly settings: Settings,
    private readonly messages: MessageService,
  ) {}

  /**
   * Opens a room, once per key.
   * @throws AppError `validation.failed` for a model that is not allowed, `chatroom.too_many`, `idempotency.*`;
   * `auth.unauthenticated` when the account is deleted meanwhile
   */
  async create(user: Principal, body: CreateChatroomDto, key: string | undefined): Promise<OnceResponse> {
    this.requireAllowedModel(body.model);
    const { title = DEFAULT_TITLE, systemInstruction = null, model = null } = body;
    const id = uuidv7();
    const values: ValuesOf<typeof CREATE_CHATROOM> = [
      id,
      user.userId,
      title,
      body.title === undefined,
      systemInstruction,
      model,
      this.settings.MAX_ROOMS_PER_USER,
    ];
    const subject = { id, gone: 'chatroom.not_found' } as const;
    const request = { userId: user.userId, key, route: 'POST /chatroom', body, subject };
    return this.idempotency.once(request, 201, async (sql) => {
      const [row] = await sql.query(CREATE_CHATROOM, values);
      if (!row) throw new AppError('auth.unauthenticated');
      if (!row.created) throw tooMany(this.settings.MAX_ROOMS_PER_USER);
      return toChatroom(row);
    });
  }

  /**
   * The room with the newest page of its messages, as JSON of a ChatroomWithMessagesDto.
   * @throws AppError `chatroom.not_found`
   */
  async get(user: Principal, id: string, limit: number): Promise<string> {
    const [row] = await this.database.query(FIND_CHATROOM, [id, user.userId]);
    const room = JSON.stringify(toChatroom(existing(row)));
    const messages = await this.messages.newest(id, limit, Buffer.byteLength(room));
    return `${room.slice(0, -1)},"messages":${messages}}`;
  }

  /**
   * Changes what is named.
   * @throws AppError `chatroom.not_found`, `validation.failed` for a model that is not allowed
   */
  async update(user: Principal, id: string, body: UpdateChatroomDto): Promise<ChatroomDto> {
    this.requireAllowedModel(body.model);
    const { title = null, systemInstruction, model } = body;
    const [row] = await this.database.query(UPDATE_CHATROOM, [
      id,
      user.userId,
      title,
      systemInstruction !== undefined,
      systemInstruction ?? null,
      model !== undefined,
      model ?? null,
    ]);
    return toChatroom(existing(row));
  }

  private requireAllowedModel(model: string | null | undefined): void {
    const allowed = this.settings.GEMINI_ALLOWED_MODELS;
    if (model === undefined || model === null || allowed.includes(model)) return;
    const message = `must be one of ${allowed.join(', ')}`;
    throw new AppError('validation.failed', {
      detail: `model ${message}.`,
      errors: [{ field: 'model', message }],
    });
  }
}

function existing<Row>(row: Row | undefined): Row {
  if (row) return row;
  throw new AppError('chatroom.not_found');
}

function tooMany(max: number): AppError {
  const detail = `An account has at most ${max} chatrooms. Delete some first; it takes a moment until they are gone.`;
  return new AppError('chatroom.too_many', { detail });
}
