import {
  CONTENT_SETTINGS,
  processSettings,
  READ_SETTINGS,
  SECRET_KEY_SETTINGS,
  stateSettings,
  WEBHOOK_SETTINGS,
} from '@penstock/deployment';
import { TRACING_SETTINGS } from '@penstock/nest';

/** What the projector reads where it runs apart. */
export const SETTINGS = {
  ...processSettings('projector'),
  ...stateSettings('projector'),
  ...READ_SETTINGS,
  ...SECRET_KEY_SETTINGS,
  ...CONTENT_SETTINGS,
  ...WEBHOOK_SETTINGS,
  ...TRACING_SETTINGS,
} as const;
