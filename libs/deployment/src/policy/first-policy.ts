import { publishPolicy } from '@penstock/control';
import type { Clock, EventLog, Telemetry } from '@penstock/ports';
import { loadPolicy } from './policy-text.ts';

export interface FirstPolicyDeps {
  readonly log: EventLog;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}

/**
 * Makes the file the policy of record where there is none yet; a changed file changes nothing afterwards. Two
 * processes that do so at the same moment write the same policy twice.
 *
 * @throws StartupError where the file cannot be used, also when nothing is published
 */
export async function publishFirstPolicy(policyFile: string | undefined, deps: FirstPolicyDeps): Promise<void> {
  if (policyFile === undefined) return;
  const { log, clock, telemetry } = deps;
  const { text, policy, origin, warnings } = loadPolicy({ policyFile, smarthost: undefined });
  for (const warning of warnings) telemetry.log('warn', 'policy_warning', { warning });
  const published = await publishPolicy({ log, clock, text, policy, changedBy: origin, onlyFirst: true });
  if (published) telemetry.log('info', 'policy_published', { version: policy.version, origin });
}
