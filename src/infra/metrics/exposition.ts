import { Injectable } from '@nestjs/common';
import { AppError } from '../../common/errors/app-error.js';
import { sameSecret } from '../../common/crypto/secrets.js';
import { Settings } from '../../config/settings.js';
import { Metrics } from './metrics.js';

/** The metrics in Prometheus' text format, behind `METRICS_TOKEN`. */
@Injectable()
export class Exposition {
  constructor(
    private readonly settings: Settings,
    private readonly metrics: Metrics,
  ) {}

  /**
   * @param authorization the request's `Authorization` header
   * @throws AppError `auth.unauthenticated` without the token; `route.not_found` in production when none is set
   */
  async read(authorization: string | undefined): Promise<string> {
    this.requireReader(authorization);
    return this.metrics.registry.metrics();
  }

  private requireReader(authorization = ''): void {
    const { METRICS_TOKEN, production } = this.settings;
    if (!METRICS_TOKEN) {
      if (production) throw new AppError('route.not_found');
      return;
    }
    const given = /^Bearer +(\S+)$/i.exec(authorization)?.[1] ?? '';
    if (!sameSecret(given, METRICS_TOKEN))
      throw new AppError('auth.unauthenticated', {
        detail: 'The metrics want their token as a Bearer token.',
        headers: { 'WWW-Authenticate': 'Bearer' },
      });
  }
}
