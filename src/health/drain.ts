import { setTimeout as pass } from 'node:timers/promises';
import { Injectable, OnModuleDestroy } from '@nestjs/common';
import { Settings } from '../config/settings.js';

/** Whether this process is stopping. */
@Injectable()
export class Drain implements OnModuleDestroy {
  private begun = false;

  constructor(private readonly settings: Settings) {}

  get running(): boolean {
    return this.begun;
  }

  /** Says "not ready" while requests are still served, for `SHUTDOWN_GRACE_SECONDS`: time for a load balancer to notice. */
  async begin(): Promise<void> {
    this.begun = true;
    await pass(this.settings.SHUTDOWN_GRACE_SECONDS * 1_000);
  }

  /** A process that serves no requests is closed without a grace period. */
  onModuleDestroy(): void {
    this.begun = true;
  }
}
