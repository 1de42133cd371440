import { Injectable } from '@nestjs/common';
import { Database, type Statement } from '../../infra/postgres/database.js';

const FIND_LIVE: Statement = {
  name: 'session_live',
  text: 'SELECT id FROM session WHERE id = ANY($1::uuid[]) AND revoked_at IS NULL AND expires_at > now()',
};

/** For what outlives the request that the guard let in. */
@Injectable()
export class LiveSessionsService {
  constructor(private readonly database: Database) {}

  /**
   * Those of the sessions that still live, in one statement.
   * @throws AppError `service.unavailable`
   */
  async among(sessionIds: Iterable<string>): Promise<Set<string>> {
    const rows = await this.database.query<{ id: string }>(FIND_LIVE, [[...new Set(sessionIds)]]);
    return new Set(rows.map(({ id }) => id));
  }
}
