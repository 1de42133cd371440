import { AppError } from '../common/errors/app-error.js';
import { nextReset, type QuotaUsage } from './quota.service.js';
import { UNITS_WITHOUT_LIMIT } from './quota.sql.js';

/** The `X-Quota-*` headers: prompts a day, prompts left, seconds until the count starts again. None when there is no limit. */
export function quotaHeaders({
  limit,
  remaining,
  resetsAt,
}: Omit<QuotaUsage, 'used'>): Record<string, string> {
  if (limit === null) return {};
  return {
    'X-Quota-Limit': String(limit),
    'X-Quota-Remaining': String(remaining),
    'X-Quota-Reset': String(Math.ceil((resetsAt.getTime() - Date.now()) / 1000)),
  };
}

/** The 429 of a day whose quota is used up. @param limit prompts a UTC day; null for a plan without a limit */
export function quotaExceeded(limit: number | null): AppError {
  const resetsAt = nextReset(new Date());
  const used =
    limit === null
      ? `All ${UNITS_WITHOUT_LIMIT} prompts that a plan without a limit has a day are used`
      : `All ${limit} prompts of today are used`;
  const more = limit === null ? '' : ' Pro has more.';
  return new AppError('quota.exceeded', {
    detail: `${used}; the next day begins at ${resetsAt.toISOString()}.${more}`,
    retryAfter: (resetsAt.getTime() - Date.now()) / 1000,
    headers: quotaHeaders({ limit, remaining: 0, resetsAt }),
  });
}
