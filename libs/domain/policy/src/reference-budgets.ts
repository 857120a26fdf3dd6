/** The blocks around shaping: who sends, how much, and how a new source grows. */
import { SHIPPED_CLASSES } from './classes.ts';
import { durationText } from './durations.ts';
import type { BlockReference, KeyReference } from './reference-form.ts';
import { SHARED_WARMUP_REPUTATION } from './sources.ts';
import { SHIPPED_GATE, SHIPPED_WARMUPS } from './warmups.ts';

const RATE = '`"10/s"`, `"2000/hour"`';
const FRACTION = '0 to 1';
const NAMES = 'a name, or a list of them';

function key(name: string, form: string, means: string, shipped: string | number): KeyReference {
  return { key: name, form, means, shipped: String(shipped) };
}

const TABLE: readonly KeyReference[] = [
  key('hourly', '`[20, 28, 39]`', 'recipients in any 60 minutes, for each day from 0', 'none'),
  key('daily', '`[500, 1000]`', 'the same by the day: a 24th of it in any 60 minutes', 'none'),
];

const QUOTA: readonly KeyReference[] = [
  key('daily_limit', 'a whole number', 'recipients accepted in any 24 hours; more is refused (429, 454)', 'no limit'),
  key('max_message_rate', RATE, 'recipients released; more waits', 'no limit'),
  key(
    'verified_recipients_only',
    '`true`, `false`',
    'mail goes only to addresses the tenant has proved to own',
    'false',
  ),
];

const TENANT: readonly KeyReference[] = [
  key('tier', 'a tier', 'whose quota holds where neither block says its own', 'none'),
  ...QUOTA,
  key('max_age', '`"24h"`', 'mail ends sooner than `[retry] max_age` says', 'that'),
];

const { sendgrid } = SHIPPED_WARMUPS;
const gate = SHIPPED_GATE;

export const BUDGET_BLOCKS: readonly BlockReference[] = [
  {
    heading: '[source."NAME"]',
    about: 'One sending address.',
    keys: [
      key('bind', 'an IP address of this host', 'what mail leaves from', 'the system’s choice'),
      key(
        'ehlo_domain',
        'a host name',
        'the name it greets with, and resolves to',
        '`localhost`; to be said on the internet',
      ),
      key(
        'partition',
        'a whole number',
        'its place in `mail.attempts`: fixed for its life, never reused',
        '0 if it is the only one',
      ),
      key('warmup', 'a warm-up table', 'the table it is warmed up by, once that is started', 'none'),
    ],
  },
  {
    heading: '[pool."NAME"]',
    about: 'A named set of sources; mail is submitted to a pool.',
    keys: [
      key('sources', 'a list of sources', 'its members', 'to be said'),
      key('shared_warmup_pool', 'another pool', 'takes what neither warming nor warm sources may take', 'none'),
      key(
        'shared_warmup_reputation',
        '0 to 100',
        'least reputation of a tenant whose mail may go there',
        SHARED_WARMUP_REPUTATION,
      ),
    ],
  },
  {
    heading: '[warmup."NAME"]',
    about: 'What a new source may send, day by day. `sendgrid`, `ses` and `sparkpost` are there without being written.',
    keys: [
      key(
        'preset',
        '`"sendgrid"`, `"ses"`, `"sparkpost"`',
        'whose table and ways, where no table is said',
        'the one of that name',
      ),
      ...TABLE,
      key(
        'warmup_wait',
        '`"30m"`',
        'bulk mail over the limit waits so long before it overflows',
        durationText(sendgrid.waitMs),
      ),
      key(
        'days',
        '`"calendar"`, `"sending"`',
        'a day passes every 24 h, or only where enough was offered',
        'calendar; sending with sparkpost',
      ),
      key('sending_day_share', FRACTION, 'how much of its stage a sending day needs', sendgrid.sendingDayShare),
      key('gate', '`true`, `false`, or the block below', 'days advance by results', 'false; true with sparkpost'),
      key(
        'rewarm_after_idle_days',
        'days',
        'a source that sent nothing so long starts at day 0',
        sendgrid.rewarmAfterIdleDays,
      ),
      key(
        'most_engaged_first',
        '`true`, `false`',
        'recipients who open and click are sent to first',
        String(sendgrid.mostEngagedFirst),
      ),
      key('retry_share', FRACTION, 'most of an hour that retries may use', sendgrid.retryShare),
    ],
  },
  {
    heading: '[warmup."NAME".gate]',
    about: 'The next day begins only when all of these are met.',
    keys: [
      key('delivered', FRACTION, 'share of the smaller of stage and offered mail that was delivered', gate.delivered),
      key('deferral_rate', FRACTION, 'most attempts that receivers defer', gate.deferralRate),
      key('bounce_rate', FRACTION, 'most deliveries that bounce', gate.bounceRate),
      key('set_back_days', 'days', 'back, when a receiver refuses it for its reputation', gate.setBackDays),
    ],
  },
  {
    heading: '[warmup."NAME".provider."NAME"]',
    about: 'A further cap at one provider: table and cap must both allow.',
    keys: TABLE,
  },
  {
    heading: '[limit."NAME"]',
    about: 'How much may go of what it names; what it does not name counts whole.',
    keys: [
      key('rate', RATE, 'recipients in any period of that length', 'to be said'),
      key(
        'per',
        '`"all"`, `"source"`, `"tenant"`, `"recipient"`, `"from_mailbox"`, `"sending_domain"`',
        'what has a count of its own',
        'all',
      ),
      ...['providers', 'sources', 'pools', 'tenants', 'classes'].map((names) => key(names, NAMES, 'only these', 'all')),
    ],
  },
  {
    heading: '[class."bulk"]',
    about: 'And `[class."transactional"]`.',
    keys: [
      key(
        'weight',
        '1 to 1000',
        'share of a lane against the other class; kept, nothing weighs yet',
        `${SHIPPED_CLASSES.bulk.weight}; transactional ${SHIPPED_CLASSES.transactional.weight}`,
      ),
    ],
  },
  { heading: '[tenant]', about: 'Every tenant, unless its own block says otherwise.', keys: TENANT },
  { heading: '[tenant."NAME"]', about: 'One tenant.', keys: TENANT },
  {
    heading: '[tier."NAME"]',
    about: 'A quota by name. `sandbox` is there: 200 recipients a day, one a second, verified ones only.',
    keys: QUOTA,
  },
  {
    heading: '[tier."NAME".raise]',
    about: 'Conduct that earns another tier.',
    keys: [
      key('to', 'a tier', 'what is earned', 'to be said'),
      key('after_days', 'days', 'on this one before', 7),
      key('after_delivered', 'a whole number', 'recipients delivered before', 1000),
      key('bounce_rate', FRACTION, 'most of them that bounced', 0.05),
      key('complaint_rate', FRACTION, 'most of them that complained', 0.001),
    ],
  },
];
