import { type DirectoryState, registeredDomain, type SendingDomain } from '@penstock/directory';
import { type DkimAlgorithm, type DkimKey, type DomainAdded, derivedId } from '@penstock/events';
import { parseMailbox } from '@penstock/mail';
import type { Random, Resolver, Timers } from '@penstock/ports';
import { deriveKey, seal, UnsealError, unseal } from '@penstock/sealing';
import type { Problems } from '../mail-send/problems.ts';
import type { DirectoryWriter } from './directory-writer.ts';
import { type CheckedRecord, checkRecords } from './dns-check.ts';
import { type DnsRecord, recordsOf, type SenderIdentity } from './dns-records.ts';
import { refusedChange } from './refused-change.ts';
import { newTenant } from './tenants.ts';

/** A new pair of DKIM keys; the private one is PKCS #8 DER. */
export type GenerateDkimKey = (
  algorithm: DkimAlgorithm,
) => Promise<{ readonly publicKey: string; readonly privateKey: Uint8Array }>;

export interface DomainsDeps {
  readonly writer: DirectoryWriter;
  readonly random: Random;
  readonly timers: Timers;
  readonly resolver: Resolver;
  readonly secretKey: Uint8Array;
  readonly generateDkimKey: GenerateDkimKey;
  now(): number;
  identity(): SenderIdentity;
}

export interface DomainSummary {
  readonly domain: string;
  readonly tenant: string;
  readonly returnPath: string;
  /** ms since the epoch */
  readonly addedAt: number;
  readonly selectors: readonly string[];
}

export interface DomainView extends DomainSummary {
  /** To be published in DNS. */
  readonly records: readonly DnsRecord[];
  readonly notes: readonly string[];
}

export interface DomainCheck {
  readonly domain: string;
  /** Every record is there and right. */
  readonly ok: boolean;
  readonly records: readonly CheckedRecord[];
  readonly notes: readonly string[];
}

const ALGORITHMS: readonly (readonly [DkimAlgorithm, letter: string])[] = [
  ['rsa-sha256', 'r'],
  ['ed25519-sha256', 'e'],
];
const NONCE_BYTES = 12;
/** Domains that are looked at before others get their turn. */
const DOMAINS_A_TURN = 100;

export class Domains {
  private readonly sealingKey: Uint8Array;

  constructor(private readonly deps: DomainsDeps) {
    this.sealingKey = deriveKey(deps.secretKey, 'dkim-private-keys');
  }

  /** Adds the domain with new keys; added again by its tenant it is answered as it is. */
  async add(tenant: string, domain: string): Promise<{ readonly added: boolean; readonly view: DomainView }> {
    const state = this.deps.writer.state();
    refuseOthers(state, tenant, domain);
    if (state.domains.has(domain)) return { added: false, view: this.show(domain) };
    const keys = await this.makeKeys(domain, selectorsUsed(state, domain));
    let added = false;
    await this.deps.writer.change((now) => {
      refuseOthers(now, tenant, domain);
      // Somebody was faster: theirs are the keys.
      if (now.domains.has(domain)) return [];
      added = true;
      return [...newTenant(now, tenant, this.deps.now()), this.addition(now, tenant, domain, keys)];
    });
    return { added, view: this.ofTenant(tenant, domain) };
  }

  list(): readonly DomainSummary[] {
    return [...this.deps.writer.state().domains.values()].map(summaryOf).sort((a, b) => (a.domain < b.domain ? -1 : 1));
  }

  show(domain: string): DomainView {
    const found = this.find(domain);
    return { ...summaryOf(found), ...recordsOf(found, this.deps.identity()) };
  }

  async check(domain: string): Promise<DomainCheck> {
    const { records, notes } = recordsOf(this.find(domain), this.deps.identity());
    const checked = await checkRecords(records, this.deps.resolver);
    return { domain, ok: checked.every(({ status }) => status === 'ok'), records: checked, notes };
  }

  /** @param tenant whose it has to be, where that is said */
  async remove(domain: string, tenant: string | undefined): Promise<void> {
    await this.deps.writer.change((state) => {
      const found = state.domains.get(domain);
      if (!found || (tenant !== undefined && found.tenant !== tenant)) throw unknownDomain(domain);
      const at = this.deps.now();
      const id = derivedId('domain_removed', domain, at, state.offset);
      const body = { domain, tenant: found.tenant };
      return [{ id, type: 'domain_removed', version: 1, at, partition: 0, body }];
    });
  }

  /**
   * The domains whose keys this process cannot use: they were sealed under another secret key. All keys of a domain
   * were sealed at once, so one of each is tried: some 20 µs.
   */
  async unreadableDomains(): Promise<readonly string[]> {
    const unreadable: string[] = [];
    let looked = 0;
    for (const { domain, keys } of this.deps.writer.state().domains.values()) {
      if (++looked % DOMAINS_A_TURN === 0) await this.deps.timers.sleep(0);
      const [key] = keys;
      if (key && !this.canUnseal(key.sealedPrivateKey, `${domain}/${key.selector}`)) unreadable.push(domain);
    }
    return unreadable;
  }

  private canUnseal(sealed: string, about: string): boolean {
    try {
      unseal(this.sealingKey, sealed, about);
      return true;
    } catch (error) {
      if (error instanceof UnsealError) return false;
      throw error;
    }
  }

  private find(domain: string): SendingDomain {
    const found = this.deps.writer.state().domains.get(domain);
    if (!found) throw unknownDomain(domain);
    return found;
  }

  /** What the log says now: another process may have added the domain for another tenant in the meantime. */
  private ofTenant(tenant: string, domain: string): DomainView {
    refuseOthers(this.deps.writer.state(), tenant, domain);
    return this.show(domain);
  }

  private makeKeys(domain: string, used: ReadonlySet<string>): Promise<readonly DkimKey[]> {
    const month = monthOf(this.deps.now());
    return Promise.all(
      ALGORITHMS.map(async ([algorithm, letter]) => {
        const selector = unusedSelector(`ps${month}${letter}`, used);
        const { publicKey, privateKey } = await this.deps.generateDkimKey(algorithm);
        const nonce = this.deps.random.bytes(NONCE_BYTES);
        const sealedPrivateKey = seal(this.sealingKey, privateKey, `${domain}/${selector}`, nonce);
        return { selector, algorithm, publicKey, sealedPrivateKey };
      }),
    );
  }

  private addition(state: DirectoryState, tenant: string, domain: string, keys: readonly DkimKey[]): DomainAdded {
    const at = this.deps.now();
    const id = derivedId('domain', domain, at, state.offset);
    const body = { domain, tenant, keys, returnPath: `bounces.${domain}` };
    return { id, type: 'domain_added', version: 1, at, partition: 0, body };
  }
}

function summaryOf({ domain, tenant, returnPath, addedAt, keys }: SendingDomain): DomainSummary {
  return { domain, tenant, returnPath, addedAt, selectors: keys.map(({ selector }) => selector) };
}

function monthOf(at: number): string {
  return new Date(at).toISOString().slice(0, 7).replace('-', '');
}

/** A selector names one key for ever: receivers may still hold the record of the one before it. */
function unusedSelector(wanted: string, used: ReadonlySet<string>): string {
  let selector = wanted;
  for (let n = 2; used.has(selector); n++) selector = `${wanted}${n}`;
  return selector;
}

function selectorsUsed(state: DirectoryState, domain: string): ReadonlySet<string> {
  return state.retiredSelectors.get(domain) ?? new Set<string>();
}

/** A domain below one that is another tenant's would send in that tenant's name. */
function refuseOthers(state: DirectoryState, tenant: string, domain: string): void {
  const taken = registeredDomain(state, domain);
  if (!taken || taken.tenant === tenant) return;
  const message =
    taken.domain === domain
      ? `${domain} is a sending domain of another tenant.`
      : `${domain} lies below ${taken.domain}, a sending domain of another tenant.`;
  throw refusedChange(409, 'domain', message, 'Remove it there first: penstock domain remove.');
}

function unknownDomain(domain: string): Error {
  return refusedChange(404, 'domain', `${domain} is no sending domain.`, 'penstock domain list shows those there are.');
}

/** Below it there must be room for `bounces.`, selectors and a local part of 64 octets (RFC 5321 section 4.5.3.1.3). */
const MAX_DOMAIN = 180;

/** Lower case, A-labels. */
export function checkDomain(value: unknown, problems: Problems): string {
  const parsed = typeof value === 'string' ? parseMailbox(`postmaster@${value.replace(/\.$/, '')}`) : undefined;
  const domain = parsed?.ok ? parsed.mailbox.domain : '';
  if (domain !== '' && domain.length <= MAX_DOMAIN) return domain;
  problems.add('domain', `domain must be a domain name of at most ${MAX_DOMAIN} characters, such as "example.com".`);
  return '';
}
