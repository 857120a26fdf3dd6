import { readFileSync } from 'node:fs';
import { checkPolicy, formatProblem, type Policy, throughSmarthost } from '@penstock/policy';
import { errnoOf, StartupError } from '../startup/startup-error.ts';

export interface PolicySettings {
  readonly policyFile: string | undefined;
  readonly smarthost: { readonly host: string; readonly port: number } | undefined;
}

export interface LoadedPolicy {
  readonly text: string;
  readonly policy: Policy;
  /** Where the text comes from, for people. */
  readonly origin: string;
  readonly warnings: readonly string[];
}

const SHIPPED = new URL('../../../../infra/policy/', import.meta.url);

/** @throws StartupError if the file cannot be read or is no policy; the message names the file, line and key. */
export function loadPolicy(settings: PolicySettings): LoadedPolicy {
  const shipped = new URL(settings.smarthost ? 'smarthost.toml' : 'sandbox.toml', SHIPPED);
  const file = settings.policyFile ?? shipped;
  const origin = settings.policyFile ?? `the shipped ${settings.smarthost ? 'smarthost' : 'sandbox'} policy`;
  const written = readText(file, origin);
  check(written, origin);
  const text = settings.smarthost
    ? throughSmarthost(written, settings.smarthost.host, settings.smarthost.port)
    : written;
  return { text, origin, ...check(text, origin) };
}

function check(text: string, origin: string): { readonly policy: Policy; readonly warnings: readonly string[] } {
  const { policy, problems } = checkPolicy(text);
  if (policy) return { policy, warnings: problems.map((problem) => `${origin}: ${formatProblem(problem)}`) };
  const errors = problems.filter(({ severity }) => severity === 'error').map(formatProblem);
  throw new StartupError(`PENSTOCK_CONFIG: ${origin} cannot be used: ${errors.join('; ')}`);
}

function readText(file: string | URL, origin: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new StartupError(`PENSTOCK_CONFIG: ${origin} cannot be read (${errnoOf(error) ?? String(error)})`);
  }
}
