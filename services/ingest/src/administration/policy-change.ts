import type { ApiKey } from '@penstock/access';
import { policyOfRecord, publishPolicy } from '@penstock/control';
import { checkPolicy, formatProblem, parsePolicy, policyVersion, throughSmarthost } from '@penstock/policy';
import type { Clock, EventLog, Telemetry } from '@penstock/ports';
import { refusedChange } from './refused-change.ts';

export interface Smarthost {
  readonly host: string;
  readonly port: number;
}

export interface PolicyChangeDeps {
  readonly log: EventLog;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  /** Everything goes there, whatever the text says. */
  readonly smarthost: Smarthost | undefined;
}

export interface AppliedPolicy {
  readonly version: string;
  /** False where it was the policy of record already. */
  readonly changed: boolean;
}

/**
 * Makes the text the policy of record: durable when it is answered, and followed by every process as it reads it.
 *
 * @throws RefusedChange 400 with every problem of the text, 503 where it may not have been stored
 */
export async function applyPolicy(written: string, key: ApiKey, deps: PolicyChangeDeps): Promise<AppliedPolicy> {
  const { policy: asWritten, problems } = checkPolicy(written);
  if (!asWritten) {
    const errors = problems.filter(({ severity }) => severity === 'error').map(formatProblem);
    throw refusedChange(400, 'text', errors.join('; '));
  }
  const { log, clock, telemetry, smarthost } = deps;
  const text = smarthost ? throughSmarthost(written, smarthost.host, smarthost.port) : written;
  const policy = smarthost ? parsePolicy(text) : asWritten;
  try {
    const changedBy = `admin API, tenant ${key.tenant}`;
    const changed = await publishPolicy({ log, clock, text, policy, changedBy });
    return { version: policy.version, changed };
  } catch (error) {
    telemetry.log('error', 'policy_change_failed', { error: String(error) });
    throw refusedChange(503, null, 'The policy may not have been stored. Try again.');
  }
}

export interface RecordedPolicy {
  readonly version: string;
  readonly text: string;
}

/** @throws RefusedChange 404 where there is none yet */
export async function recordedPolicy(log: EventLog): Promise<RecordedPolicy> {
  const text = await policyOfRecord(log);
  if (text === undefined) throw refusedChange(404, null, 'There is no policy yet.');
  return { version: policyVersion(text), text };
}
