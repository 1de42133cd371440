import { Injectable } from '@nestjs/common';
import type { GeminiUsage } from '../../infra/gemini/gemini-error.js';
import { Metrics } from '../../infra/metrics/metrics.js';
import { Database } from '../../infra/postgres/database.js';
import type { Turn } from './history-window.js';
import { CLAIM, FINISH, HISTORY, POSTPONE, RENEW, type ReplyWork } from './reply.sql.js';

/** How a reply ends. */
export interface ReplyResult {
  status: 'completed' | 'failed' | 'incomplete';
  content: string | null;
  error: { code: string; message: string } | null;
  finishReason: string | null;
  model: string;
  usage: GeminiUsage | null;
  cached: boolean;
  contextTrimmed: boolean;
  /** Gives the unit back to the day it was taken from. */
  refund: boolean;
}

/** What the worker reads and writes of a reply. Every write names its claim: a claim that is not the newest changes nothing. */
@Injectable()
export class ReplyStore {
  constructor(
    private readonly database: Database,
    private readonly metrics: Metrics,
  ) {}

  /** Takes a reply for `LEASE` seconds; null when it is not claimable now. */
  async claim(replyId: string): Promise<ReplyWork | null> {
    try {
      const [work] = await this.database.query<ReplyWork>(CLAIM, [replyId]);
      return work ?? null;
    } catch (error) {
      // Another reply of the room was claimed in the same instant.
      if ((error as { code?: string }).code === '23505') return null;
      throw error;
    }
  }

  async history({ chatroomId, number }: ReplyWork, turns: number): Promise<Turn[]> {
    return this.database.query<Turn>(HISTORY, [chatroomId, number, turns]);
  }

  /** @returns whether the reply is still ours */
  async renew({ id, claim }: ReplyWork): Promise<boolean> {
    return (await this.database.query(RENEW, [id, claim])).length > 0;
  }

  /** Lets go for `delay` milliseconds; `failedCalls` are counted. @returns whether the reply was still ours */
  async postpone(
    { id, claim }: ReplyWork,
    delay: number,
    failedCalls: number,
    model: string | null,
  ): Promise<boolean> {
    return (await this.database.query(POSTPONE, [id, claim, delay, failedCalls, model])).length > 0;
  }

  /** Ends the reply. @returns whether it was still ours */
  async finish({ id, claim }: ReplyWork, ending: ReplyResult): Promise<boolean> {
    const { status, content, error, finishReason, model, usage, cached, refund, contextTrimmed } = ending;
    const tokens = [
      usage?.promptTokens,
      usage?.outputTokens,
      usage?.thoughtTokens,
      usage?.cachedTokens,
      usage?.totalTokens,
    ];
    const values = [
      id,
      claim,
      status,
      content,
      error?.code,
      error?.message,
      finishReason,
      model,
      ...tokens,
      cached,
      refund,
      contextTrimmed,
    ];
    const ended = await this.database.query(
      FINISH,
      values.map((value) => value ?? null),
    );
    if (ended.length > 0) this.metrics.replyEnded(status);
    return ended.length > 0;
  }
}
