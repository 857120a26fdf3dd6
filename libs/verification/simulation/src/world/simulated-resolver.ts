import type { AddressAnswer, MxAnswer, Resolver } from '@penstock/ports';
import type { FaultPlan } from '../faults/fault-plan.ts';
import type { SimulatedProcess } from '../simulated-process.ts';
import { latency } from '../time/latency.ts';
import type { Sites } from './sites.ts';

const TTL_MS = 60_000;

/** DNS of the simulated world; answers late, and sometimes not at all. Domains of no site do not exist. */
export function simulatedResolver(process: SimulatedProcess, sites: Sites, faults: FaultPlan): Resolver {
  const random = process.simulation.random(`dns ${process.label}`);
  const ask = <R>(label: string, answer: () => R) =>
    process.call(`dns ${label}`, latency(random, 10, 800), latency(random), answer);
  return {
    resolveMx: (domain) => ask(domain, () => (faults.happens('dns_failure') ? SERVFAIL : mxOf(sites, domain))),
    resolveAddresses: (host) => ask(host, () => (faults.happens('dns_failure') ? SERVFAIL : addressesOf(sites, host))),
    resolveTxt: (name) => ask(name, () => (faults.happens('dns_failure') ? SERVFAIL : { kind: 'none' })),
  };
}

const SERVFAIL = { kind: 'failure', detail: 'SERVFAIL' } as const;

function mxOf(sites: Sites, domain: string): MxAnswer {
  const site = sites.ofDomain(domain);
  if (!site) return { kind: 'nxdomain', ttlMs: TTL_MS };
  const hosts = site.mxHosts.map((name, i) => ({ name, preference: 10 * (i + 1) }));
  return { kind: 'mx', hosts, ttlMs: TTL_MS };
}

function addressesOf(sites: Sites, host: string): AddressAnswer {
  const address = sites.address(host);
  if (address === undefined) return { kind: 'none' };
  return { kind: 'addresses', addresses: [{ address, family: 4, port: 25 }], ttlMs: TTL_MS };
}
