/** Which sites the policy's domain blocks hold for: a block for one domain holds for all that share its mail hosts. */
import type { Policy } from '@penstock/policy';

export class RolledUpSites {
  /** Of each domain with such a block, once its hosts are known. */
  private readonly siteOf = new Map<string, string>();
  private blockOf = new Map<string, string>();
  private policy: Policy | undefined;
  /** Changes whenever a site may have another name than before. */
  epoch = 0;

  /** @returns the domains whose hosts have to be known under the policy, where it is a new one. */
  follow(policy: Policy): readonly string[] {
    if (this.policy?.version === policy.version) return [];
    this.policy = policy;
    this.arrange();
    if (policy.egress === 'smarthost') return [];
    return [...policy.domains.values()].filter(({ mxRollup }) => mxRollup).map(({ name }) => name);
  }

  learn(domain: string, site: string): void {
    if (!this.policy?.domains.get(domain)?.mxRollup || this.siteOf.get(domain) === site) return;
    this.siteOf.set(domain, site);
    this.arrange();
  }

  /** The domain whose block holds for the site. */
  nameOf(site: string): string | undefined {
    return this.blockOf.get(site);
  }

  /** Of several blocks for one site the first in the file counts. */
  private arrange(): void {
    this.blockOf = new Map();
    for (const { name, mxRollup } of this.policy?.domains.values() ?? []) {
      const site = mxRollup ? this.siteOf.get(name) : undefined;
      if (site !== undefined && !this.blockOf.has(site)) this.blockOf.set(site, name);
    }
    this.epoch += 1;
  }
}
