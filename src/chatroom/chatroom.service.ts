import { Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import type { Principal } from '../auth/principal.js';
import { AppError } from '../common/errors/app-error.js';
import { Settings } from '../config/settings.js';
import { IdempotencyService, type OnceAnswer } from '../infra/idempotency/idempotency.service.js';
import { Database } from '../infra/prisma/database.js';
import { toChatroom, type ChatroomDto, type ChatroomRow } from './chatroom.dto.js';
import type { CreateChatroomDto, UpdateChatroomDto } from './chatroom.dto.js';
import { CREATE, REMOVE, UPDATE } from './chatroom.statement.js';
import { ReplyStopper } from './reply-stopper.js';
import { RoomClosingService } from './room-closing.service.js';

const DEFAULT_TITLE = 'New chat';

/** A person's rooms: each change is also a change of the list. */
@Injectable()
export class ChatroomService {
  constructor(
    private readonly database: Database,
    private readonly idempotency: IdempotencyService,
    private readonly settings: Settings,
    private readonly stopper: ReplyStopper,
    private readonly closing: RoomClosingService,
  ) {}

  /**
   * Opens a room, once per key.
   * @throws AppError `validation.failed` for a model that is not allowed, `idempotency.*`; `auth.unauthenticated` when the
   * account is deleted meanwhile
   */
  async create(user: Principal, body: CreateChatroomDto, key: string | undefined): Promise<OnceAnswer> {
    this.requireAllowedModel(body.model);
    const { title = DEFAULT_TITLE, systemInstruction = null, model = null } = body;
    const values = [uuidv7(), user.userId, title, body.title === undefined, systemInstruction, model];
    const request = { userId: user.userId, key, route: 'POST /chatroom', body };
    return this.idempotency.once(request, 201, async (sql) => {
      const [row] = await sql.query<ChatroomRow>(CREATE, values);
      if (!row) throw new AppError('auth.unauthenticated');
      return toChatroom(row);
    });
  }

  /**
   * Changes what is named.
   * @throws AppError `chatroom.not_found`, `validation.failed` for a model that is not allowed
   */
  async update(user: Principal, id: string, body: UpdateChatroomDto): Promise<ChatroomDto> {
    this.requireAllowedModel(body.model);
    const { title = null, systemInstruction, model } = body;
    const [row] = await this.database.query<ChatroomRow>(UPDATE, [
      ...[id, user.userId, title],
      ...[systemInstruction !== undefined, systemInstruction ?? null],
      ...[model !== undefined, model ?? null],
    ]);
    return toChatroom(existing(row));
  }

  /**
   * Removes the room with its messages; replies that are still running are stopped.
   * @throws AppError `chatroom.not_found`
   */
  async remove(user: Principal, id: string): Promise<void> {
    await this.closing.thinOut(user.userId, id);
    const [row] = await this.database.query<{ unfinished: string[] }>(REMOVE, [id, user.userId]);
    this.stopper.stop(existing(row).unfinished);
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
