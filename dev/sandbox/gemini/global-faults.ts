import { exhausted, type GoogleError } from './google-error.js';

export interface FaultSetting {
  /** Directives for every call, as if its prompt began with them. */
  directive?: string | undefined;
  /** Only for calls whose last prompt contains this text. */
  match?: string | undefined;
  rate?: { limit: number; windowSeconds: number } | undefined;
}

/** Faults for all calls, set through the control API. */
export class GlobalFaults {
  private setting: FaultSetting = {};
  private version = 0;
  private admitted: number[] = [];

  get(): FaultSetting {
    return this.setting;
  }

  set(setting: FaultSetting): void {
    this.setting = setting;
    this.version += 1;
    this.admitted = [];
  }

  /** The directives for this prompt, with a key: each new setting counts its `times=` from zero. */
  sourceFor(prompt: string): { text: string; key: string }[] {
    const { directive, match } = this.setting;
    return directive && prompt.includes(match ?? '')
      ? [{ text: directive, key: `switch ${this.version}` }]
      : [];
  }

  /** Null when the rate limit admits this call; rejected calls do not count. */
  admit(model: string): GoogleError | null {
    const { rate } = this.setting;
    if (!rate) return null;
    const now = performance.now();
    const windowMs = rate.windowSeconds * 1000;
    this.admitted = this.admitted.filter((time) => time > now - windowMs);
    const oldest = this.admitted[0];
    if (this.admitted.length >= rate.limit) {
      const retryMs = oldest === undefined ? windowMs : oldest + windowMs - now;
      return exhausted({ model, quota: 'minute', limit: rate.limit, retryMs });
    }
    this.admitted.push(now);
    return null;
  }
}
