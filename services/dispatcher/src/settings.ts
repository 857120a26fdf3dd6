import {
  CONTENT_SETTINGS,
  OWNER_SETTINGS,
  processSettings,
  SANDBOX_SETTINGS,
  SECRET_KEY_SETTINGS,
} from '@penstock/deployment';

/** What the dispatcher reads where it runs apart. */
export const SETTINGS = {
  ...processSettings('dispatcher'),
  ...OWNER_SETTINGS,
  ...SECRET_KEY_SETTINGS,
  ...CONTENT_SETTINGS,
  ...SANDBOX_SETTINGS,
} as const;
