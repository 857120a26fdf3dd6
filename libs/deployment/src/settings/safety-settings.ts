/** What keeps mail from going where it should not, and from being taken where it cannot be kept. */
import { bytesSetting, hostAndPortSetting } from '@penstock/nest';

export const DISK_SETTINGS = {
  diskReserve: {
    name: 'PENSTOCK_DISK_RESERVE',
    description: 'Kept back for a full disk; mail is refused while less than twice as much is free.',
    schema: bytesSetting,
    default: '32MiB',
  },
} as const;

export const SMARTHOST_SETTINGS = {
  smarthost: {
    name: 'PENSTOCK_SMARTHOST',
    description: 'host:port of one mail server that everything goes to, whatever the policy says.',
    schema: hostAndPortSetting,
  },
} as const;
