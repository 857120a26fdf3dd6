import {
  bytesSetting,
  daysSetting,
  hostAndPortSetting,
  hostNameSetting,
  logLevelSetting,
  metricsAccessSetting,
  portSetting,
  secretKeySetting,
  textSetting,
} from '@penstock/nest';

/** What standalone reads from the environment. */
export const SETTINGS = {
  host: {
    name: 'PENSTOCK_HOST',
    description: 'Address that HTTP and SMTP submission listen on.',
    schema: textSetting,
    default: '127.0.0.1',
  },
  httpPort: {
    name: 'PENSTOCK_HTTP_PORT',
    description: 'Port of the HTTP API; 0 lets the system choose.',
    schema: portSetting,
    default: '8080',
  },
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
  dataDir: {
    name: 'PENSTOCK_DATA_DIR',
    description: 'Folder of everything that must outlive the process.',
    schema: textSetting,
    default: './data',
  },
  retention: {
    name: 'PENSTOCK_RETENTION',
    description: 'Mail and facts older than this are deleted, such as 30d or 720h.',
    schema: daysSetting,
    default: '30d',
  },
  diskReserve: {
    name: 'PENSTOCK_DISK_RESERVE',
    description: 'Kept back for a full disk; mail is refused while less than twice as much is free.',
    schema: bytesSetting,
    default: '32MiB',
  },
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
  policyFile: {
    name: 'PENSTOCK_CONFIG',
    description: 'Policy file (TOML). Without it the sandbox policy: no packet leaves loopback.',
    schema: textSetting,
    placeholder: 'infra/policy/sandbox.toml',
  },
  smarthost: {
    name: 'PENSTOCK_SMARTHOST',
    description: 'host:port of one mail server that everything goes to, whatever the policy says.',
    schema: hostAndPortSetting,
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
