import { Injectable } from '@nestjs/common';
import { Database } from '../../infra/postgres/database.js';
import { FIND_LIVE_SESSIONS } from './session.sql.js';

/** Checks sessions again for streams that outlive the request which the guard accepted. */
@Injectable()
export class LiveSessionsService {
  constructor(private readonly database: Database) {}

  /**
   * Returns those of the sessions that are still live, with one statement.
   * @throws AppError `service.unavailable`
   */
  async among(sessionIds: Iterable<string>): Promise<Set<string>> {
    const rows = await this.database.query(FIND_LIVE_SESSIONS, [[...new Set(sessionIds)]]);
    return new Set(rows.map(({ id }) => id));
  }
}
