import { Injectable } from '@nestjs/common';
import { failpoint } from '../../common/failpoint.js';
import { Database } from '../../infra/postgres/database.js';
import { Doorbell } from '../../infra/work/work-queue.js';
import type { Rescue } from '../../infra/work/recovery.js';
import { ringForReply } from '../reply-queue.js';
import { RESCUE } from './reply.sql.js';

/** Rings for replies whose job never existed or vanished, or whose worker did. */
@Injectable()
export class ReplyRecovery implements Rescue {
  readonly name = 'reply';

  constructor(
    private readonly database: Database,
    private readonly doorbell: Doorbell,
  ) {}

  async rescue(): Promise<number> {
    const due = await this.database.query<{ id: string; claim: number }>(RESCUE, []);
    if (due.length > 0) failpoint('rescue.marked');
    await Promise.all(due.map(({ id, claim }) => ringForReply(this.doorbell, id, claim)));
    return due.length;
  }
}
