import { processSettings, READ_SETTINGS, stateSettings } from '@penstock/deployment';
import { TRACING_SETTINGS } from '@penstock/nest';

/** What the projector reads where it runs apart. */
export const SETTINGS = {
  ...processSettings('projector'),
  ...stateSettings('projector'),
  ...READ_SETTINGS,
  ...TRACING_SETTINGS,
} as const;
