import { policyOfRecord, publishPolicy } from '@penstock/control';
import { parsePolicy, throughSmarthost } from '@penstock/policy';
import type { Clock, EventLog, Telemetry } from '@penstock/ports';
import { loadPolicy, type PolicySettings } from './policy-text.ts';

export interface FirstPolicyDeps {
  readonly log: EventLog;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}

/**
 * Makes the file the policy of record where there is none yet; a changed file changes nothing afterwards. With a
 * smarthost whatever policy there is, is sent through it. Two processes that do so at the same moment write the same
 * policy twice.
 *
 * @throws StartupError where the file cannot be used, also when nothing is published
 */
export async function publishFirstPolicy(settings: PolicySettings, deps: FirstPolicyDeps): Promise<void> {
  const { policyFile, smarthost } = settings;
  if (policyFile === undefined && smarthost === undefined) return;
  const { log, clock, telemetry } = deps;
  const loaded = loadPolicy(settings);
  for (const warning of loaded.warnings) telemetry.log('warn', 'policy_warning', { warning });
  const { text, policy, origin } = (smarthost && (await rerouted(log, smarthost))) ?? loaded;
  const onlyFirst = smarthost === undefined;
  const published = await publishPolicy({ log, clock, text, policy, changedBy: origin, onlyFirst });
  if (published) telemetry.log('info', 'policy_published', { version: policy.version, origin });
}

/** The policy of record, through the smarthost; undefined where there is none. */
async function rerouted(log: EventLog, { host, port }: NonNullable<PolicySettings['smarthost']>) {
  const recorded = await policyOfRecord(log);
  if (recorded === undefined) return undefined;
  const text = throughSmarthost(recorded, host, port);
  return { text, policy: parsePolicy(text), origin: 'PENSTOCK_SMARTHOST' };
}
