import {
  CONTENT_SETTINGS,
  DISK_SETTINGS,
  IDENTITY_SETTINGS,
  LAG_SETTINGS,
  processSettings,
  RETENTION_SETTINGS,
  SANDBOX_SETTINGS,
  SECRET_KEY_SETTINGS,
  SMARTHOST_SETTINGS,
  SUBMISSION_SETTINGS,
  stateSettings,
  WEBHOOK_SETTINGS,
} from '@penstock/deployment';
import { TRACING_SETTINGS } from '@penstock/nest';

/** What ingest reads where it runs apart. */
export const SETTINGS = {
  ...processSettings('ingest'),
  ...SUBMISSION_SETTINGS,
  ...LAG_SETTINGS,
  ...SECRET_KEY_SETTINGS,
  ...CONTENT_SETTINGS,
  ...RETENTION_SETTINGS,
  ...stateSettings('ingest'),
  ...DISK_SETTINGS,
  ...SMARTHOST_SETTINGS,
  ...IDENTITY_SETTINGS,
  ...SANDBOX_SETTINGS,
  ...WEBHOOK_SETTINGS,
  ...TRACING_SETTINGS,
} as const;
