import { portSetting, type Setting, TRACING_SETTINGS, textSetting } from '@penstock/nest';
import type { ServiceName } from './config-file.ts';
import {
  HOST_SETTINGS,
  IDENTITY_SETTINGS,
  KEY_SETTINGS,
  LAG_SETTINGS,
  SECRET_KEY_SETTINGS,
  SUBMISSION_SETTINGS,
  WATCH_SETTINGS,
} from './door-settings.ts';
import {
  CONTENT_SETTINGS,
  COPY_SETTINGS,
  KAFKA_SETTINGS,
  POLICY_SETTINGS,
  READ_SETTINGS,
  RETENTION_SETTINGS,
  SANDBOX_SETTINGS,
  WEBHOOK_SETTINGS,
} from './engine-settings.ts';
import { DISK_SETTINGS, SMARTHOST_SETTINGS } from './safety-settings.ts';

const HTTP_PORTS: Readonly<Record<ServiceName, string>> = {
  ingest: '8080',
  scheduler: '8081',
  dispatcher: '8082',
  projector: '8083',
};

/** What every service apart reads. */
export function processSettings(service: ServiceName) {
  return {
    ...HOST_SETTINGS,
    httpPort: {
      name: 'PENSTOCK_HTTP_PORT',
      description: 'Port of HTTP: health and metrics, and the API where there is one; 0 lets the system choose.',
      schema: portSetting,
      default: HTTP_PORTS[service],
    },
    ...KAFKA_SETTINGS,
    ...KEY_SETTINGS,
    ...WATCH_SETTINGS,
  } as const;
}

/** A folder of the process's own: what lies in it is folded again where it is lost. */
export function stateSettings(service: ServiceName) {
  return {
    stateDir: {
      name: 'PENSTOCK_STATE_DIR',
      description: 'Folder of this process alone, on a local disk; what is lost is read again from the log.',
      schema: textSetting,
      default: `./data/${service}`,
    },
  } as const;
}

/** A folder by which a process knows that the one before it is dead. */
export const OWNER_SETTINGS = {
  stateDir: {
    name: 'PENSTOCK_STATE_DIR',
    description: 'Folder of this process alone, on a local disk: started again in it, it takes its sources up at once.',
    schema: textSetting,
  },
} as const;

/** Every setting there is, by whichever service it is read: what none of them knows is probably a slip. */
export function allSettingNames(): readonly string[] {
  const all: Readonly<Record<string, Setting<unknown>>> = {
    ...processSettings('ingest'),
    ...stateSettings('ingest'),
    ...SUBMISSION_SETTINGS,
    ...LAG_SETTINGS,
    ...IDENTITY_SETTINGS,
    ...SECRET_KEY_SETTINGS,
    ...CONTENT_SETTINGS,
    ...COPY_SETTINGS,
    ...RETENTION_SETTINGS,
    ...READ_SETTINGS,
    ...WEBHOOK_SETTINGS,
    ...TRACING_SETTINGS,
    ...SANDBOX_SETTINGS,
    ...POLICY_SETTINGS,
    ...DISK_SETTINGS,
    ...SMARTHOST_SETTINGS,
  };
  return Object.values(all).map(({ name }) => name);
}
