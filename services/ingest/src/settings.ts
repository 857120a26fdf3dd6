import {
  CONTENT_SETTINGS,
  IDENTITY_SETTINGS,
  processSettings,
  SANDBOX_SETTINGS,
  SECRET_KEY_SETTINGS,
  SUBMISSION_SETTINGS,
  stateSettings,
} from '@penstock/deployment';

/** What ingest reads where it runs apart. */
export const SETTINGS = {
  ...processSettings('ingest'),
  ...SUBMISSION_SETTINGS,
  ...SECRET_KEY_SETTINGS,
  ...CONTENT_SETTINGS,
  ...stateSettings('ingest'),
  ...IDENTITY_SETTINGS,
  ...SANDBOX_SETTINGS,
} as const;
