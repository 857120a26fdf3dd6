/** Every key of the policy file, for people: the page of keys is written from this, and a spec holds it to the parser. */

import { BUDGET_BLOCKS } from './reference-budgets.ts';
import type { BlockReference, KeyReference } from './reference-form.ts';
import { DISPATCH_KEYS, RETRY_KEYS } from './reference-pacing.ts';
import { PROVIDER_SHAPING_REFERENCE, SHAPING_REFERENCE } from './reference-shaping.ts';

const AUTOMATION: KeyReference = {
  key: 'automation',
  form: '`[[….automation]]`',
  means:
    'what replies are to do: `regex`, `trigger`, `action`, `duration`, `match_internal`; kept, nothing acts on it yet',
  shipped: 'none',
};

const SOURCES_ABOUT = 'What holds there for mail from one source; over the block around it.';

export const POLICY_REFERENCE: readonly BlockReference[] = [
  {
    heading: 'at the top',
    about: 'Before the first block.',
    keys: [
      {
        key: 'egress',
        form: '`"sandbox"`, `"smarthost"`, `"internet"`',
        means: 'where mail may go',
        shipped: 'sandbox',
      },
      {
        key: 'default_pool',
        form: 'a pool',
        means: 'the pool of mail that names none',
        shipped: '`default`, else the only one',
      },
    ],
  },
  {
    heading: '["default"]',
    about: 'Every path, unless a later block says otherwise.',
    keys: [...SHAPING_REFERENCE, AUTOMATION],
  },
  { heading: '["default".sources."NAME"]', about: SOURCES_ABOUT, keys: SHAPING_REFERENCE },
  {
    heading: '[provider."NAME"]',
    about: 'A mailbox provider, recognised by its mail hosts or by the domain.',
    keys: [
      {
        key: 'match',
        form: '`[{ MXSuffix = ".x.com" }]`, `HostName`, `DomainSuffix`',
        means:
          'rules, one of which every mail host of the domain must meet, or a `DomainSuffix` the domain; whole labels',
        shipped: 'never recognised',
      },
      {
        key: 'paths',
        form: '`"one"`, `"per_site"`',
        means: 'whether its sites share one path, and so every limit, or each keeps to them alone',
        shipped: 'one',
      },
      ...PROVIDER_SHAPING_REFERENCE,
      ...SHAPING_REFERENCE,
      AUTOMATION,
    ],
  },
  {
    heading: '[provider."NAME".sources."NAME"]',
    about: SOURCES_ABOUT,
    keys: [...PROVIDER_SHAPING_REFERENCE, ...SHAPING_REFERENCE],
  },
  {
    heading: '["name.example"]',
    about: 'A recipient domain; its site has a path of its own.',
    keys: [
      {
        key: 'mx_rollup',
        form: '`true`, `false`',
        means: 'whether it also holds for every domain with the same mail hosts',
        shipped: 'true',
      },
      ...SHAPING_REFERENCE,
      AUTOMATION,
    ],
  },
  { heading: '["name.example".sources."NAME"]', about: SOURCES_ABOUT, keys: SHAPING_REFERENCE },
  {
    heading: '[smarthost]',
    about:
      'The only site with `egress = "smarthost"`, and its only limits: 32 connections, 1,000 transactions, no rates.',
    keys: [
      { key: 'host', form: 'a name or an address', means: 'who takes all mail', shipped: 'to be said' },
      { key: 'port', form: '1 to 65535', means: 'its port', shipped: '25' },
      ...SHAPING_REFERENCE,
    ],
  },
  ...BUDGET_BLOCKS,
  { heading: '[retry]', about: 'When a delivery is tried again, and when it ends.', keys: RETRY_KEYS },
  { heading: '[dispatch]', about: 'How much is tried at once.', keys: DISPATCH_KEYS },
];
