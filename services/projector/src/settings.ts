import { processSettings, READ_SETTINGS, stateSettings } from '@penstock/deployment';

/** What the projector reads where it runs apart. */
export const SETTINGS = {
  ...processSettings('projector'),
  ...stateSettings('projector'),
  ...READ_SETTINGS,
} as const;
