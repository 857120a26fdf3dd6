/** Where a process listens and who may speak to it: the same in one process and apart. */
import {
  hostNameSetting,
  logLevelSetting,
  metricsAccessSetting,
  onOffSetting,
  portSetting,
  secondsSetting,
  secretKeySetting,
  textSetting,
} from '@penstock/nest';

export const HOST_SETTINGS = {
  host: {
    name: 'PENSTOCK_HOST',
    description: 'Address that HTTP listens on, and SMTP submission where there is one.',
    schema: textSetting,
    default: '127.0.0.1',
  },
} as const;

export const SUBMISSION_SETTINGS = {
  smtpPort: {
    name: 'PENSTOCK_SMTP_PORT',
    description: 'Port of SMTP submission (user apikey, the key as password); 0 lets the system choose.',
    schema: portSetting,
    default: '2525',
  },
  smtpsPort: {
    name: 'PENSTOCK_SMTPS_PORT',
    description: 'Port of SMTP submission over TLS from the first byte, usually 465; off if unset.',
    schema: portSetting,
    placeholder: 'off',
  },
  hostname: {
    name: 'PENSTOCK_HOSTNAME',
    description: 'Name of this host in SMTP greetings, Received fields and a self-made certificate.',
    schema: hostNameSetting,
    placeholder: 'localhost',
  },
  tlsCert: {
    name: 'PENSTOCK_TLS_CERT',
    description: 'Certificate of SMTP submission and those above it, PEM; read again when it changes.',
    schema: textSetting,
    placeholder: 'self-made',
  },
  tlsKey: {
    name: 'PENSTOCK_TLS_KEY',
    description: 'Private key of PENSTOCK_TLS_CERT, PEM without a passphrase.',
    schema: textSetting,
    placeholder: 'self-made',
  },
} as const;

export const LAG_SETTINGS = {
  bulkLag: {
    name: 'PENSTOCK_BULK_LAG',
    description: 'Bulk mail is refused while the scheduler is behind by more, such as 60s or 5m; transactional never.',
    schema: secondsSetting,
    default: '60s',
  },
} as const;

export const IDENTITY_SETTINGS = {
  bounceHost: {
    name: 'PENSTOCK_BOUNCE_HOST',
    description: 'Name of the host that takes bounces: the MX that penstock domain add shows for return paths.',
    schema: hostNameSetting,
  },
  spfInclude: {
    name: 'PENSTOCK_SPF_INCLUDE',
    description: 'Name whose SPF record lists the addresses mail leaves from, shown by penstock domain add.',
    schema: hostNameSetting,
  },
} as const;

export const WATCH_SETTINGS = {
  clockCheck: {
    name: 'PENSTOCK_CLOCK_CHECK',
    description: 'off starts although the log contradicts the clock: where it was written under a wrong one.',
    schema: onOffSetting,
    default: 'on',
  },
  metrics: {
    name: 'PENSTOCK_METRICS',
    description: 'Who may read /metrics: operate (keys of that scope) or open (whoever reaches the port).',
    schema: metricsAccessSetting,
    default: 'operate',
  },
  logLevel: {
    name: 'PENSTOCK_LOG_LEVEL',
    description: 'Least level logged to standard error: debug, info, warn, error or silent.',
    schema: logLevelSetting,
    default: 'warn',
  },
} as const;

/** Of a service apart: none is made for it, since each process would make another one. */
export const KEY_SETTINGS = {
  apiKey: {
    name: 'PENSTOCK_API_KEY',
    description: 'Key of the tenant "default", may operate too: the first one, with which others are made.',
    schema: textSetting,
  },
  apiKeys: {
    name: 'PENSTOCK_API_KEYS',
    description: 'Further keys: tenant:class:key[:operate], separated by commas; class is transactional or bulk.',
    schema: textSetting,
  },
} as const;

export const SECRET_KEY_SETTINGS = {
  secretKey: {
    name: 'PENSTOCK_SECRET_KEY',
    description:
      'Key of recipient hashes and of sealed DKIM and webhook keys: 32 bytes in hex or base64, the same everywhere.',
    schema: secretKeySetting,
    placeholder: 'required',
  },
} as const;
