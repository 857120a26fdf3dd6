import { type DirectoryState, maySendFrom, sendingDomain } from '@penstock/directory';

/** As whom a tenant may send, and where the bounces of its mail go. */
export interface SenderRules {
  /** Whether anything has to be known of the author of this tenant's mail. */
  concern(tenant: string): boolean;
  /** Whether the tenant has domains of its own, and sends from nothing else. */
  restrict(tenant: string): boolean;
  maySendFrom(tenant: string, domain: string): boolean;
  /** The host of the return path of mail from `domain`; undefined where the envelope sender stays as it is. */
  returnPath(tenant: string, domain: string): string | undefined;
}

/**
 * The rules as the directory has them at this moment. Mail of a sandbox goes nowhere, so there everybody may try any
 * sender; the return path is as it will be.
 */
export function senderRules(directory: { readonly state: DirectoryState }, isSandbox: () => boolean): SenderRules {
  return {
    concern: () => directory.state.domains.size > 0,
    restrict: (tenant) => !isSandbox() && directory.state.domainCounts.has(tenant),
    maySendFrom: (tenant, domain) => isSandbox() || maySendFrom(directory.state, tenant, domain),
    returnPath: (tenant, domain) => sendingDomain(directory.state, tenant, domain)?.returnPath,
  };
}
