import {
  DISK_SETTINGS,
  HOST_SETTINGS,
  IDENTITY_SETTINGS,
  LAG_SETTINGS,
  RETENTION_SETTINGS,
  SMARTHOST_SETTINGS,
  SUBMISSION_SETTINGS,
  WATCH_SETTINGS,
  WEBHOOK_SETTINGS,
} from '@penstock/deployment';
import { portSetting, secretKeySetting, TRACING_SETTINGS, textSetting } from '@penstock/nest';

/** What standalone reads from the environment. */
export const SETTINGS = {
  ...HOST_SETTINGS,
  httpPort: {
    name: 'PENSTOCK_HTTP_PORT',
    description: 'Port of the HTTP API; 0 lets the system choose.',
    schema: portSetting,
    default: '8080',
  },
  ...SUBMISSION_SETTINGS,
  ...LAG_SETTINGS,
  dataDir: {
    name: 'PENSTOCK_DATA_DIR',
    description: 'Folder of everything that must outlive the process.',
    schema: textSetting,
    default: './data',
  },
  ...RETENTION_SETTINGS,
  ...DISK_SETTINGS,
  apiKey: {
    name: 'PENSTOCK_API_KEY',
    description: 'Key of the tenant "default", may operate too. If no key is set, one is made and printed once.',
    schema: textSetting,
  },
  apiKeys: {
    name: 'PENSTOCK_API_KEYS',
    description: 'Further keys: tenant:class:key[:operate], separated by commas; class is transactional or bulk.',
    schema: textSetting,
  },
  secretKey: {
    name: 'PENSTOCK_SECRET_KEY',
    description:
      'Key of recipient hashes and of sealed DKIM keys: 32 bytes in hex or base64. Made in the folder if unset.',
    schema: secretKeySetting,
    placeholder: 'secret.key of the folder',
  },
  ...IDENTITY_SETTINGS,
  policyFile: {
    name: 'PENSTOCK_CONFIG',
    description: 'Policy file (TOML). Without it the sandbox policy: no packet leaves loopback.',
    schema: textSetting,
    placeholder: 'infra/policy/sandbox.toml',
  },
  ...SMARTHOST_SETTINGS,
  ...WEBHOOK_SETTINGS,
  ...WATCH_SETTINGS,
  ...TRACING_SETTINGS,
} as const;
