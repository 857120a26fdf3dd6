import type { ReplyRule } from '../reply-rule.ts';
import { FIELD_MANUAL, KUMOMTA_COMMUNITY, OUTLOOK_POSTMASTER, SISIMAI } from './sources.ts';

export const OUTLOOK: readonly ReplyRule[] = [
  {
    name: 'outlook-rate',
    pattern: /^421[ -]?(?:4\.\d\.\d )?RP-001/i,
    verdict: 'throttle_rate path defer',
    meaning: 'rate limit exceeded, IP/domain reputation',
    // The sample is composed from the documented code.
    sample: '421 RP-001 The mail server IP connecting to Outlook.com server has exceeded the rate limit allowed.',
    source: OUTLOOK_POSTMASTER,
  },
  {
    name: 'outlook-connection-rate',
    pattern: /^421[ -]?(?:4\.\d\.\d )?RP-002/i,
    verdict: 'throttle_connections path defer',
    meaning: 'rate limit on this connection',
    // The sample is composed from the documented code.
    sample:
      '421 RP-002 The mail server IP connecting to Outlook.com server has exceeded the rate limit allowed on this connection.',
    source: OUTLOOK_POSTMASTER,
  },
  {
    name: 'outlook-connection-limit',
    pattern: /^421[ -]?(?:4\.\d\.\d )?RP-003/i,
    verdict: 'throttle_connections path defer',
    meaning: 'connection limit exceeded',
    // The sample is composed from the documented code.
    sample: '421 RP-003 The mail server IP connecting to Outlook.com server has exceeded the connection limit allowed.',
    source: OUTLOOK_POSTMASTER,
  },
  {
    name: 'outlook-reputation',
    pattern: /^451[ -]4\.7\.65[01] .*rate limited due to IP reputation/i,
    verdict: 'throttle_reputation path defer',
    meaning: 'temporarily rate limited for IP reputation (S775, S843, S3114)',
    sample:
      '451 4.7.650 The mail server [192.0.2.5] has been temporarily rate limited due to IP reputation. For e-mail delivery information, see https://postmaster.live.com (S775)',
    source: FIELD_MANUAL,
  },
  {
    name: 'outlook-too-many-connections',
    pattern: /has exceeded the maximum number of connections/i,
    verdict: 'throttle_connections path defer',
    meaning: 'too many connections',
    // The sample is composed from the documented code.
    sample: '421 4.7.0 The mail server 192.0.2.1 has exceeded the maximum number of connections',
    source: KUMOMTA_COMMUNITY,
  },
  {
    name: 'outlook-connection-spent',
    pattern: /exceeded maximum number of messages per connection/i,
    verdict: 'connection_spent path defer',
    meaning: 'too many messages on this connection',
    // The sample is composed from the documented code.
    sample: '421 The mail server 192.0.2.1 has exceeded maximum number of messages per connection',
    source: KUMOMTA_COMMUNITY,
  },
  {
    name: 'outlook-block-list',
    pattern: /block list \((?:S3140|S3150)\)/i,
    verdict: 'blocked source bounce',
    meaning: 'IP or its network is on the Outlook.com internal block list',
    sample:
      "550 5.7.1 Unfortunately, messages from [192.0.2.1] weren't sent. Please contact your Internet service provider since part of their network is on our block list (S3140).",
    source: `${SISIMAI}/microsoft.rb`,
  },
  {
    name: 'outlook-spamhaus',
    pattern: /\(S8001\)/i,
    verdict: 'blocked source bounce',
    meaning: 'the IP address is listed by Spamhaus',
    // The sample is composed from the documented code.
    sample: '550 5.7.1 Service unavailable, Client host [192.0.2.1] blocked using Spamhaus. (S8001)',
    source: FIELD_MANUAL,
  },
  {
    name: 'outlook-spamhaus-domain',
    pattern: /\(S8002\)/i,
    verdict: 'domain_blocked sending_domain bounce',
    meaning: 'the envelope domain is listed by Spamhaus',
    // The sample is composed from the documented code.
    sample: '550 5.7.1 Service unavailable, MailFrom domain is listed in Spamhaus. (S8002)',
    source: FIELD_MANUAL,
  },
  {
    name: 'outlook-reputation-refused',
    pattern: /^550 ?(?:5\.7\.1 )?(?:SC|DY|OU)-00\d/i,
    verdict: 'blocked source bounce',
    meaning:
      'SC-001 spam-like/reputation, SC-002 namespace mining, SC-003 open proxy, SC-004 complaints, DY-001 dynamic IP, DY-002 compromised host, OU-001 Spamhaus, OU-002 spam-like/reputation',
    sample: "550 SC-001 (BAY004-MC4F49) Unfortunately, messages from 192.0.2.1 weren't sent.",
    source: OUTLOOK_POSTMASTER,
  },
  {
    name: 'outlook-unauthenticated-domain',
    pattern: /5\.7\.515/i,
    verdict: 'authentication sending_domain bounce',
    meaning: 'high-volume domain without required authentication',
    sample: '550 5.7.515 Access denied, sending domain example.com does not meet the required authentication level.',
    source: OUTLOOK_POSTMASTER,
  },
  {
    name: 'outlook-organisation-quota',
    pattern: /^450[ -]4\.7\.3 Organization queue quota/i,
    verdict: 'throttle_quota recipient defer',
    meaning: 'queue quota of the receiving organisation',
    sample: '450 4.7.3 Organization queue quota exceeded. [outlook.com]',
    source: FIELD_MANUAL,
  },
  {
    name: 'outlook-server-error',
    pattern: /^45[12][ -]4\.3\.[12] /i,
    verdict: 'server_busy host defer',
    meaning: 'temporary server error or resources',
    sample: '451 4.3.2 Temporary server error. Please try again later ATTR17 [outlook.com]',
    source: FIELD_MANUAL,
  },
];
