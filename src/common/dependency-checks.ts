import { Global, Injectable, Module } from '@nestjs/common';

/**
 * Checks a dependency. Returns nothing when the dependency works, or what is wrong in words that may be public.
 * @throws Error whose reason is logged and not shown
 */
type Check = () => Promise<string | void>;

export interface DependencyCheck {
  name: string;
  check: Check;
  /** `down` where the process cannot work without it, `degraded` where it can. */
  failing: 'down' | 'degraded';
}

/** The dependencies that `/readyz` shows: each is registered by the code that uses it. */
@Injectable()
export class DependencyChecks {
  private readonly checks = new Map<string, DependencyCheck>();

  /**
   * Adds a dependency to `/readyz`, or replaces the check of that name.
   * @param name as shown, such as `queue`
   * @param check called at most twice a second; one that takes longer than 950 ms counts as failed
   * @param failing the state that a failed check is shown as
   */
  register(name: string, check: Check, failing: DependencyCheck['failing'] = 'degraded'): void {
    this.checks.set(name, { name, check, failing });
  }

  /** All of them, by name. */
  all(): DependencyCheck[] {
    return [...this.checks.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }
}

/** Global, so that `infra` registers its checks without knowing the health module. */
@Global()
@Module({ providers: [DependencyChecks], exports: [DependencyChecks] })
export class DependencyChecksModule {}
