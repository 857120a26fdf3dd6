import type { ProviderMatch } from './policy.ts';

/** Whether some host or domain could match a rule of both. */
export function overlaps(some: readonly ProviderMatch[], others: readonly ProviderMatch[]): boolean {
  return some.some((rule) => others.some((other) => meets(rule, other)));
}

function meets(rule: ProviderMatch, other: ProviderMatch): boolean {
  if ('domainSuffix' in rule || 'domainSuffix' in other) {
    return 'domainSuffix' in rule && 'domainSuffix' in other && eitherEnds(rule.domainSuffix, other.domainSuffix);
  }
  if ('hostName' in rule && 'hostName' in other) return rule.hostName === other.hostName;
  if ('hostName' in rule) return 'mxSuffix' in other && ends(rule.hostName, other.mxSuffix);
  if ('hostName' in other) return ends(other.hostName, rule.mxSuffix);
  return eitherEnds(rule.mxSuffix, other.mxSuffix);
}

/** A suffix of a suffix takes in all of it. */
function eitherEnds(a: string, b: string): boolean {
  return ends(a, b) || ends(b, a);
}

function ends(name: string, suffix: string): boolean {
  return name === suffix || (suffix.startsWith('.') ? name.endsWith(suffix) : name.endsWith(`.${suffix}`));
}
