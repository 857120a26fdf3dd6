import { systemClock, systemTimers } from '@penstock/adapter-system';
import type { Clock, Timers } from '@penstock/ports';
import { type DirectoryEntry, HEALTHY_PROVIDER, SANDBOX_DIRECTORY } from './directory.ts';
import type { AcceptedMail, ProviderCounters } from './observations.ts';
import { SandboxProvider } from './sandbox-provider.ts';
import { SandboxResolver } from './sandbox-resolver.ts';

export interface SandboxOptions {
  /** Who is there; everybody if absent. One of them must be the healthy provider. */
  readonly directory?: readonly DirectoryEntry[];
  readonly clock?: Clock;
  readonly timers?: Timers;
}

export interface RunningProvider {
  readonly entry: DirectoryEntry;
  readonly server: SandboxProvider;
}

export interface ProviderSummary {
  readonly name: string;
  readonly host: string;
  readonly domains: readonly string[];
  readonly expect: string;
  readonly counters: ProviderCounters;
}

/** The mailbox providers of the sandbox: real SMTP servers on loopback, and the DNS that leads there. */
export class Sandbox {
  readonly resolver: SandboxResolver;

  private constructor(readonly providers: ReadonlyMap<string, RunningProvider>) {
    const targets = [...providers.values()].map(({ entry, server }) => ({
      name: entry.name,
      host: entry.host,
      domains: entry.domains,
      address: server.address,
      port: server.port,
    }));
    const healthy = targets.find((target) => target.name === HEALTHY_PROVIDER);
    if (!healthy) throw new Error(`a sandbox needs the provider ${HEALTHY_PROVIDER}`);
    this.resolver = new SandboxResolver(targets, healthy);
  }

  static async start(options: SandboxOptions = {}): Promise<Sandbox> {
    const { directory = SANDBOX_DIRECTORY, clock = systemClock, timers = systemTimers } = options;
    const providers = new Map<string, RunningProvider>();
    for (const entry of directory) {
      const server = new SandboxProvider({ host: entry.host, character: entry.character(clock), clock, timers });
      providers.set(entry.name, { entry, server });
    }
    await Promise.all([...providers.values()].map(({ server }) => server.start()));
    return new Sandbox(providers);
  }

  async stop(): Promise<void> {
    await Promise.all([...this.providers.values()].map(({ server }) => server.stop()));
  }

  /** @throws Error for a name that is not in the directory. */
  provider(name: string): SandboxProvider {
    const found = this.providers.get(name);
    if (!found) throw new Error(`no sandbox provider ${name}`);
    return found.server;
  }

  summaries(): readonly ProviderSummary[] {
    return [...this.providers.values()].map(({ entry, server }) => ({
      name: entry.name,
      host: entry.host,
      domains: entry.domains,
      expect: entry.expect,
      counters: server.observations.counters,
    }));
  }

  /** Everything the mailboxes of a recipient truly hold, copies included. */
  mailFor(recipient: string): readonly AcceptedMail[] {
    const wanted = recipient.toLowerCase();
    return [...this.providers.values()].flatMap(({ server }) =>
      server.observations.mail.filter((mail) => mail.recipient.toLowerCase() === wanted),
    );
  }
}
