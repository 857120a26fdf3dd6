import { publishPolicy } from '@penstock/control';
import { StartupError } from '../startup/startup-error.ts';
import type { FirstPolicyDeps } from './first-policy.ts';
import { loadPolicy, type PolicySettings } from './policy-text.ts';

/**
 * Reads the policy file again and makes it the policy of record, for every process that follows the log. One that
 * cannot be used is logged (`policy_unusable`), and what holds goes on holding.
 */
export async function reloadPolicy(settings: PolicySettings, deps: FirstPolicyDeps): Promise<void> {
  const { log, clock, telemetry } = deps;
  try {
    const { text, policy, origin, warnings } = loadPolicy(settings);
    for (const warning of warnings) telemetry.log('warn', 'policy_warning', { warning });
    const changed = await publishPolicy({ log, clock, text, policy, changedBy: origin });
    telemetry.log('info', changed ? 'policy_published' : 'policy_unchanged', { version: policy.version, origin });
  } catch (error) {
    const reason = error instanceof StartupError ? error.message : String(error);
    telemetry.log('error', 'policy_unusable', { error: reason });
  }
}
