import type { Shaping } from '@penstock/policy';
import type { PendingAttempt } from '../commands/pending-attempt.ts';
import type { WalkResult } from '../exchangers/exchanger-walk.ts';
import { connectionPermit } from './connection-permit.ts';
import type { PolicyPace } from './pace.ts';
import type { PathIdentity, PathOffice } from './path-office.ts';

/** A path's walks to hosts. They end with it: a host that does not greet must not hold up the end. */
export class Walks {
  private readonly ending = new AbortController();

  constructor(
    private readonly office: PathOffice,
    private readonly identity: PathIdentity,
    private readonly pace: PolicyPace,
    private readonly mayBegin: () => boolean,
  ) {}

  /** What they then answer says nothing about the hosts. */
  get ended(): boolean {
    return this.ending.signal.aborted;
  }

  /** Closes what is being opened. */
  end(): void {
    this.ending.abort();
  }

  /** Never rejects. */
  async begin(attempt: PendingAttempt, shaping: Shaping): Promise<WalkResult> {
    try {
      return await this.walk(attempt, shaping);
    } catch (error) {
      this.office.telemetry.log('error', 'walk_failed', { path: this.identity.key, error: String(error) });
      return { kind: 'local', unreachable: false, detail: String(error) };
    }
  }

  private async walk(attempt: PendingAttempt, shaping: Shaping): Promise<WalkResult> {
    const policy = this.office.policy();
    const source = policy.sources.get(this.identity.source);
    if (!source) return { kind: 'local', unreachable: true, detail: 'the policy names no such source' };
    const { signal } = this.ending;
    const permit = () => connectionPermit(this.office, this.pace, attempt, this.mayBegin, signal);
    const { domain, provider } = attempt.command.body;
    return this.office.walk.walk({ domain, provider, source, shaping, policy, signal, permit });
  }
}
