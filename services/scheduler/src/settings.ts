import { POLICY_SETTINGS, processSettings, SANDBOX_SETTINGS, stateSettings } from '@penstock/deployment';

/** What the scheduler reads where it runs apart. */
export const SETTINGS = {
  ...processSettings('scheduler'),
  ...stateSettings('scheduler'),
  ...POLICY_SETTINGS,
  ...SANDBOX_SETTINGS,
} as const;
