import type { ReplyRule } from '../reply-rule.ts';
import { APPLE } from './apple.ts';
import { BARRACUDA } from './barracuda.ts';
import { COMCAST } from './comcast.ts';
import { COX } from './cox.ts';
import { GMX } from './gmx.ts';
import { GODADDY } from './godaddy.ts';
import { GOOGLE } from './google.ts';
import { MIMECAST } from './mimecast.ts';
import { NETEASE } from './netease.ts';
import { OFFICE365 } from './office365.ts';
import { ORANGE } from './orange.ts';
import { OUTLOOK } from './outlook.ts';
import { QQ } from './qq.ts';
import { RAMBLER } from './rambler.ts';
import { SPECTRUM } from './spectrum.ts';
import { YAHOO } from './yahoo.ts';
import { YANDEX } from './yandex.ts';

export interface ProviderRules {
  /** What policies call the provider. */
  readonly names: readonly string[];
  /** How the names of its MX hosts end. */
  readonly hosts: readonly string[];
  readonly rules: readonly ReplyRule[];
}

/** The two mail services of Microsoft share block lists and wording: each knows the other's rules after its own. */
export const PROVIDER_RULES: readonly ProviderRules[] = [
  {
    names: ['google', 'gmail', 'googlemail'],
    hosts: ['.google.com', '.googlemail.com', '.smtp.goog'],
    rules: GOOGLE,
  },
  { names: ['yahoo', 'aol'], hosts: ['.yahoodns.net'], rules: YAHOO },
  {
    names: ['outlook', 'hotmail', 'microsoft'],
    hosts: ['.olc.protection.outlook.com'],
    rules: [...OUTLOOK, ...OFFICE365],
  },
  {
    names: ['office365', 'microsoft365', 'exchange-online'],
    hosts: ['.mail.protection.outlook.com', '.mx.microsoft'],
    rules: [...OFFICE365, ...OUTLOOK],
  },
  { names: ['apple', 'icloud'], hosts: ['.icloud.com'], rules: APPLE },
  { names: ['comcast', 'xfinity'], hosts: ['.comcast.net'], rules: COMCAST },
  { names: ['mimecast'], hosts: ['.mimecast.com', '.mimecast.co.za', '.mimecast-offshore.com'], rules: MIMECAST },
  { names: ['orange', 'laposte'], hosts: ['.orange.fr'], rules: ORANGE },
  { names: ['gmx_web.de', 'gmx', 'web.de'], hosts: ['.web.de', '.gmx.net'], rules: GMX },
  { names: ['barracuda'], hosts: ['.barracudanetworks.com'], rules: BARRACUDA },
  { names: ['qq.com', 'qq'], hosts: ['.qq.com'], rules: QQ },
  { names: ['163.com', '163', 'netease'], hosts: ['.netease.com'], rules: NETEASE },
  { names: ['cox'], hosts: ['.cox.net'], rules: COX },
  { names: ['spectrum', 'charter'], hosts: ['.charter.net'], rules: SPECTRUM },
  { names: ['godaddy'], hosts: ['.secureserver.net'], rules: GODADDY },
  { names: ['yandex'], hosts: ['.yandex.ru'], rules: YANDEX },
  { names: ['rambler'], hosts: ['.rambler.ru'], rules: RAMBLER },
];

const BY_NAME = new Map(PROVIDER_RULES.flatMap(({ names, rules }) => names.map((name) => [name, rules] as const)));

/**
 * The rules of the provider a policy names or, where the policy has no name for it or one of its own, of the one the
 * host belongs to.
 */
export function rulesOf(provider: string | undefined, host: string | undefined): readonly ReplyRule[] {
  const named = provider === undefined ? undefined : BY_NAME.get(provider.toLowerCase());
  if (named || host === undefined) return named ?? [];
  const name = host.toLowerCase().replace(/\.$/, '');
  return PROVIDER_RULES.find(({ hosts }) => hosts.some((suffix) => name.endsWith(suffix)))?.rules ?? [];
}
