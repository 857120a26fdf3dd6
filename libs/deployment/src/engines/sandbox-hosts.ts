import { readFileSync } from 'node:fs';
import type { Resolver } from '@penstock/ports';
import { errnoOf, StartupError } from '../startup/startup-error.ts';

/** Where a mailbox provider of the sandbox is. */
export interface SandboxHost {
  readonly name: string;
  readonly host: string;
  readonly domains: readonly string[];
  readonly address: string;
  readonly port: number;
}

/**
 * The sandbox's DNS from the file its providers were written to when they started. Loaded only where it is asked for:
 * it brings a mail server with it.
 *
 * @throws StartupError where the file cannot be read
 */
export async function sandboxResolver(file: string | undefined): Promise<Resolver | undefined> {
  if (file === undefined) return undefined;
  const hosts = readHosts(file);
  const { HEALTHY_PROVIDER, SandboxResolver } = await import('@penstock/testing');
  const healthy = hosts.find(({ name }) => name === HEALTHY_PROVIDER);
  if (!healthy) throw new StartupError(`PENSTOCK_SANDBOX_HOSTS: ${file} names no provider ${HEALTHY_PROVIDER}`);
  const far = hosts.find(({ address }) => !address.startsWith('127.'));
  if (far) throw new StartupError(`PENSTOCK_SANDBOX_HOSTS: ${file}: ${far.address} is no address of loopback`);
  return new SandboxResolver(hosts, healthy);
}

function readHosts(file: string): readonly SandboxHost[] {
  try {
    return (JSON.parse(readFileSync(file, 'utf8')) as { readonly hosts: readonly SandboxHost[] }).hosts;
  } catch (error) {
    throw new StartupError(`PENSTOCK_SANDBOX_HOSTS: ${file} cannot be read (${errnoOf(error) ?? 'it is no JSON'})`);
  }
}
