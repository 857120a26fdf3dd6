import type { ReplyRule } from '../reply-rule.ts';
import { SISIMAI } from './sources.ts';

export const ORANGE: readonly ReplyRule[] = [
  {
    name: 'orange-too-many-connections',
    pattern: /(?:OFR|LPN)\S*_104|Trop de connexions|Too many connections, slow down/i,
    verdict: 'throttle_connections path defer',
    meaning: 'too many connections',
    sample:
      '421 mwinf5c79 ME Trop de connexions, veuillez verifier votre configuration. Too many connections, slow down. OFR005_104 [104]',
    source: `${SISIMAI}/franceptt.rb`,
  },
  {
    name: 'orange-service-refused',
    pattern: /(?:OFR|LPN)\S*_(?:103|105|107|108|109|201|423|424|505|999)|Service refus/i,
    verdict: 'throttle_rate path defer',
    meaning: 'service refused, try later',
    sample:
      '421 mwinf5c77 ME Service refuse. Veuillez essayer plus tard. Service refused, please try later. OFR_999 [999]',
    source: `${SISIMAI}/franceptt.rb`,
  },
  {
    name: 'orange-block-list',
    pattern: /(?:OFR|LPN)\S*_(?:101|102|510)/i,
    verdict: 'blocked source bounce',
    meaning: 'blocked: Spamhaus, Cloudmark or Sender Score',
    sample: '550 Client host blocked for spamming issues. OFR006_102 Ref http://csi.cloudmark.com',
    source: `${SISIMAI}/franceptt.rb`,
  },
  {
    name: 'orange-invalid-recipient',
    pattern: /(?:OFR|LPN)\S*_?416/i,
    verdict: 'user_unknown recipient bounce',
    meaning: 'invalid recipient',
    sample: '550 5.1.1 Adresse d au moins un destinataire invalide. Invalid recipient. OFR_416 [416]',
    source: `${SISIMAI}/franceptt.rb`,
  },
  {
    name: 'orange-mailbox-full',
    pattern: /(?:OFR|LPN)\S*_417/i,
    verdict: 'mailbox_full recipient bounce',
    meaning: 'over quota',
    sample: '552 5.1.1 Boite du destinataire pleine. Recipient overquota. OFR_417 [417]',
    source: `${SISIMAI}/franceptt.rb`,
  },
];
