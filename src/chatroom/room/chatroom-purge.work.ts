import { Injectable } from '@nestjs/common';
import {
  DONE,
  exponentialDelay,
  failedAttempt,
  type WorkContext,
  type WorkItem,
  type WorkProcessor,
  type WorkResult,
} from '../../infra/work/define-work.js';
import { RoomPurgeService } from './room-purge.service.js';

/** Milliseconds. */
const LONGEST_DELAY = 60_000;

/** Removes the rows of deleted rooms. */
@Injectable()
export class ChatroomPurgeWork implements WorkProcessor {
  readonly kind = 'chatroom-purge';
  readonly concurrency = 2;

  constructor(private readonly rooms: RoomPurgeService) {}

  async run({ lease }: WorkContext): Promise<WorkResult> {
    await this.rooms.purgeRoom(lease.item.subjectId, lease.signal);
    return DONE;
  }

  afterError({ attempts }: WorkItem, error: unknown): WorkResult {
    return failedAttempt(error, exponentialDelay(attempts + 1, LONGEST_DELAY));
  }
}
