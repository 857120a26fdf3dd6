import { SmtpDoor } from '@penstock/adapter-smtp';
import type { Clock, Telemetry, Timers } from '@penstock/ports';
import { StartupError } from '../startup/startup-error.ts';
import { IdentityKeeper } from './identity-keeper.ts';
import { ownIdentity, selfMadeIdentity } from './identity-sources.ts';

export interface TlsSettings {
  readonly tlsCert?: string | undefined;
  readonly tlsKey?: string | undefined;
  /** Goes into a self-made certificate. */
  readonly hostname: string;
  /** Whether a certificate has to be there before the first connection: not where everybody is on loopback. */
  readonly needed: boolean;
}

export interface SubmissionTls {
  readonly door: SmtpDoor;
  /** Whether the certificate is the operator's. */
  readonly own: boolean;
  /** Makes or reads the certificate where nobody had to wait for it; nothing if it is there. */
  prepare(): void;
  /** Looks at once whether there is a new certificate. */
  reload(): Promise<void>;
  stop(): Promise<void>;
}

export interface SubmissionTlsDeps {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly telemetry: Telemetry;
}

/**
 * A door with the operator's certificate, or with a self-made one.
 *
 * @throws StartupError if the certificate cannot be used.
 */
export async function openSubmissionTls(
  settings: TlsSettings,
  dataDir: string,
  deps: SubmissionTlsDeps,
): Promise<SubmissionTls> {
  const { tlsCert, tlsKey, hostname, needed } = settings;
  if ((tlsCert === undefined) !== (tlsKey === undefined)) {
    const missing = tlsCert === undefined ? 'PENSTOCK_TLS_CERT' : 'PENSTOCK_TLS_KEY';
    throw new StartupError(`${missing} is not set: certificate and key belong together, set both or neither`);
  }
  const own = tlsCert !== undefined && tlsKey !== undefined;
  const source = own ? ownIdentity(tlsCert, tlsKey) : selfMadeIdentity(dataDir, hostname, deps.clock);
  const door = new SmtpDoor(deps);
  const keeper = new IdentityKeeper(door, source, deps);
  const atOnce = own || needed;
  if (atOnce) await keeper.start();
  return {
    door,
    own,
    prepare: () => {
      if (!atOnce) keeper.startLater();
    },
    reload: () => keeper.reload(),
    stop: () => keeper.stop(),
  };
}
