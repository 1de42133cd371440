import { Injectable, Logger } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import { Settings } from '../../config/settings.js';
import type { NoticeType } from '../../infra/otp-delivery/otp-delivery.js';
import type { Sql } from '../../infra/postgres/database.js';
import type { Identity } from '../account/identity.js';
import { INSERT_NOTICE } from './notice.sql.js';

/** Informs the holder of an identity by a message that carries no code. */
@Injectable()
export class NoticeService {
  private readonly logger = new Logger(NoticeService.name);

  constructor(private readonly settings: Settings) {}

  /**
   * Stores a notice, which a worker delivers once the transaction is committed. Where codes are returned in the response there
   * is no provider, and the notice is only logged. Locks: work item.
   * @param sql a transaction, or the database
   * @throws AppError `service.unavailable`
   */
  async send(
    sql: Sql,
    { kind, address }: Pick<Identity, 'kind' | 'address'>,
    notice: NoticeType,
    requestId: string | null,
  ): Promise<void> {
    if (this.settings.OTP_DELIVERY === 'response') {
      this.logger.log({ notice, requestId }, 'a notice is not sent: no delivery is configured');
      return;
    }
    await sql.query(INSERT_NOTICE, [uuidv7(), notice, kind, address, requestId]);
  }
}
