import { matchProvider, type Policy, SMARTHOST_SITE, siteName, siteOf } from '@penstock/policy';
import { type Console, type MailHost, UserError } from '../console.ts';

/** Where mail to a domain goes, as the scheduler sees it. */
export interface RecipientHosts {
  readonly mxHosts: readonly string[];
  readonly provider: string | undefined;
  readonly site: string;
}

const LOOKUPS_AT_ONCE = 16;

/** @throws UserError where DNS does not answer, or nobody can ask it */
export async function recipientHosts(
  name: string,
  policy: Policy,
  given: readonly string[] | undefined,
  console: Console,
): Promise<RecipientHosts> {
  const domain = name.toLowerCase();
  if (policy.egress === 'smarthost') return { mxHosts: [], provider: undefined, site: SMARTHOST_SITE };
  const hosts = given?.map((host) => ({ name: host, preference: 10 })) ?? (await ask(domain, console));
  const mxHosts = hosts.map((host) => host.name);
  const site = siteOf(domain, hosts);
  const rollup = given ? undefined : await blockOf(site, policy, console);
  return {
    mxHosts,
    provider: matchProvider(policy, { domain, mxHosts }),
    site: siteName(policy, domain, site, rollup),
  };
}

/** The domain of the first block whose hosts are those of the site. */
async function blockOf(site: string, policy: Policy, console: Console): Promise<string | undefined> {
  const blocks = [...policy.domains.values()].filter(({ mxRollup }) => mxRollup);
  for (let next = 0; next < blocks.length; next += LOOKUPS_AT_ONCE) {
    const asked = blocks.slice(next, next + LOOKUPS_AT_ONCE);
    // A block's domain that DNS does not know holds for nobody else.
    const answers = await Promise.all(asked.map(({ name }) => ask(name, console).catch(() => [])));
    const found = asked.find(({ name }, index) => {
      const hosts = answers[index] ?? [];
      return hosts.length > 0 && siteOf(name, hosts) === site;
    });
    if (found) return found.name;
  }
  return undefined;
}

function ask(domain: string, console: Console): Promise<readonly MailHost[]> {
  if (!console.mailHosts) throw new UserError('DNS cannot be asked here: name the mail hosts with --mx');
  return console.mailHosts(domain);
}
