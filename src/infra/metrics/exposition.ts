import { Injectable } from '@nestjs/common';
import { AppError } from '../../common/errors/app-error.js';
import { sameSecret } from '../../common/crypto/secrets.js';
import type { RequestOrigin } from '../../common/http/request-context.js';
import { Settings } from '../../config/settings.js';
import { OperatorAccess } from '../rate-limit/operator-access.js';
import { Metrics } from './metrics.js';

/** The metrics in Prometheus' text format, behind `METRICS_TOKEN`. */
@Injectable()
export class Exposition {
  constructor(
    private readonly settings: Settings,
    private readonly metrics: Metrics,
    private readonly access: OperatorAccess,
  ) {}

  /**
   * @param authorization the request's `Authorization` header
   * @param origin of the request
   * @throws AppError `auth.unauthenticated` without the token; `route.not_found` in production when none is set;
   *   `rate_limit.exceeded` after ten wrong tokens
   */
  async read(authorization: string | undefined, origin: RequestOrigin): Promise<string> {
    await this.requireReader(authorization, origin);
    return this.metrics.registry.metrics();
  }

  private async requireReader(authorization = '', origin: RequestOrigin): Promise<void> {
    const { METRICS_TOKEN, production } = this.settings;
    if (!METRICS_TOKEN) {
      if (production) throw new AppError('route.not_found');
      return;
    }
    const refusal = new AppError('auth.unauthenticated', {
      detail: 'The metrics want their token as a Bearer token.',
      headers: { 'WWW-Authenticate': 'Bearer' },
    });
    const given = /^Bearer +(\S+)$/i.exec(authorization)?.[1];
    if (given === undefined) throw refusal;
    await this.access.require(sameSecret(given, METRICS_TOKEN), refusal, { route: 'metrics', origin });
  }
}
