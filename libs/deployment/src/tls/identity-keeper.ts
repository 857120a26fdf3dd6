import type { SmtpDoor } from '@penstock/adapter-smtp';
import { type Clock, PeriodicTask, type Telemetry, type Timers } from '@penstock/ports';
import type { CheckedIdentity } from './identity.ts';
import type { IdentitySource } from './identity-sources.ts';

/** How soon a certificate that was replaced on disk is used. */
const LOOK_AGAIN_MS = 60_000;

export interface IdentityKeeperDeps {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly telemetry: Telemetry;
}

/** Gives the door its certificate, and each new one when there is one. */
export class IdentityKeeper {
  private used: CheckedIdentity | undefined;
  private looking: Promise<void> | undefined;
  private readonly again: PeriodicTask;
  private stopped = false;

  constructor(
    private readonly door: Pick<SmtpDoor, 'useIdentity'>,
    private readonly source: IdentitySource,
    private readonly deps: IdentityKeeperDeps,
  ) {
    this.again = new PeriodicTask(deps.timers, LOOK_AGAIN_MS, () => this.reload());
  }

  /** Rejects with StartupError if there is no usable identity. */
  async start(): Promise<void> {
    this.use(await this.source());
    this.again.start();
  }

  /** As `start`, without waiting: making a key takes a second of CPU that nobody on loopback has to wait for. */
  startLater(): void {
    void this.reload().then(() => this.again.start());
  }

  /** Looks whether there is a new one. What cannot be used is reported, and the present one stays. */
  reload(): Promise<void> {
    this.looking ??= this.look().finally(() => {
      this.looking = undefined;
    });
    return this.looking;
  }

  async stop(): Promise<void> {
    this.stopped = true;
    this.again.stop();
    await this.looking;
  }

  private async look(): Promise<void> {
    try {
      const found = await this.source();
      const isNew = found.cert !== this.used?.cert || found.key !== this.used.key;
      if (isNew && !this.stopped) this.use(found);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.deps.telemetry.log('error', 'tls_certificate_unusable', { reason });
    }
  }

  private use(identity: CheckedIdentity): void {
    this.door.useIdentity(identity);
    this.used = identity;
    const { clock, telemetry } = this.deps;
    const validUntil = new Date(identity.validUntil).toISOString();
    telemetry.log('info', 'tls_certificate_used', { selfMade: identity.selfMade, validUntil });
    const now = clock.now();
    if (now > identity.validUntil) telemetry.log('warn', 'tls_certificate_expired', { validUntil });
    else if (now < identity.validFrom) telemetry.log('warn', 'tls_certificate_not_yet_valid', { validUntil });
  }
}
