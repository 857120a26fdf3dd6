import {
  CONTENT_SETTINGS,
  COPY_SETTINGS,
  DISK_SETTINGS,
  POLICY_SETTINGS,
  processSettings,
  QUOTA_SETTINGS,
  SANDBOX_SETTINGS,
  SMARTHOST_SETTINGS,
  stateSettings,
} from '@penstock/deployment';

/** What the scheduler reads where it runs apart. */
export const SETTINGS = {
  ...processSettings('scheduler'),
  ...stateSettings('scheduler'),
  // Its copies lie beside the content.
  ...CONTENT_SETTINGS,
  ...COPY_SETTINGS,
  ...QUOTA_SETTINGS,
  ...POLICY_SETTINGS,
  ...SMARTHOST_SETTINGS,
  ...DISK_SETTINGS,
  ...SANDBOX_SETTINGS,
} as const;
