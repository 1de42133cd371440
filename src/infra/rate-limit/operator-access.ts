import { Injectable, Logger } from '@nestjs/common';
import { AppError } from '../../common/errors/app-error.js';
import { networkOf } from '../../common/http/client-address.js';
import type { RequestOrigin } from '../../common/http/request-context.js';
import { RateLimitStorage } from './rate-limit.storage.js';

/** Wrong tries of one address. */
const WRONG_TRIES = { limit: 10, ttl: 60_000 };

/** What operators reach with a secret of the settings. */
export type OperatorRoute = 'queues' | 'metrics';

/** Limits guesses at the operators' secrets, and records each wrong one for the audit log. */
@Injectable()
export class OperatorAccess {
  private readonly logger = new Logger('Audit');

  constructor(private readonly storage: RateLimitStorage) {}

  /**
   * Counts a wrong try. After ten in a minute the right secret is refused as well: else a guess would show that it is right.
   * @param isRight whether the secret that came is the right one
   * @param refusal the error of a wrong try
   * @throws AppError `refusal`, or `rate_limit.exceeded`
   */
  async require(
    isRight: boolean,
    refusal: AppError,
    { route, origin }: { route: OperatorRoute; origin: RequestOrigin },
  ): Promise<void> {
    const network = networkOf(origin.ip);
    if (!isRight) this.logger.log({ audit: 'operator.refused', route, ...origin }, 'operator.refused');
    const wrong = isRight
      ? await this.storage.count('operator', network, WRONG_TRIES)
      : await this.storage.increment('operator', network, WRONG_TRIES);
    const isBlocked = isRight ? wrong.hits >= WRONG_TRIES.limit : wrong.hits > WRONG_TRIES.limit;
    if (isBlocked) throw new AppError('rate_limit.exceeded', { retryAfter: wrong.seconds });
    if (!isRight) throw refusal;
  }
}
