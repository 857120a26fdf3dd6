import type { KeyedEntry } from '@penstock/ports';
import { HOUR_MS } from '@penstock/reputation';
import { fromJson } from '../deliveries/row-json.ts';
import type { HourCounts } from './hour-counts.ts';

/** A day more than a reputation looks back: rows older than this, measured against the newest fact, are let go. */
export const RETENTION_HOURS = 192;

/** All mail of an hour, provider and source. */
export const HOUR_PREFIX = 'hour|';
/** That of one tenant. */
export const TENANT_HOUR_PREFIX = 'tenant-hour|';

export function hourOf(at: number): number {
  return Math.floor(at / HOUR_MS);
}

/** Every row of the hour and of later ones is at or after this key. */
export function hourKeyStart(prefix: string, hour: number): string {
  return `${prefix}${String(Math.max(0, hour)).padStart(8, '0')}|`;
}

/** Rows of the tenant in that hour begin so. */
export function tenantHourStart(hour: number, tenant: string): string {
  return `${hourKeyStart(TENANT_HOUR_PREFIX, hour)}${encodeURIComponent(tenant)}|`;
}

/** Names are escaped so that none can contain the separator. */
export function hourKey(hour: number, provider: string, source: string): string {
  return `${hourKeyStart(HOUR_PREFIX, hour)}${encodeURIComponent(provider)}|${encodeURIComponent(source)}`;
}

export function tenantHourKey(hour: number, tenant: string, provider: string, source: string): string {
  return `${tenantHourStart(hour, tenant)}${encodeURIComponent(provider)}|${encodeURIComponent(source)}`;
}

export interface HourRow {
  /** Hours since the epoch. */
  readonly hour: number;
  /** Of rows of one tenant. */
  readonly tenant?: string;
  readonly provider: string;
  /** Empty where no source had to do with it. */
  readonly source: string;
  readonly counts: HourCounts;
}

export function hourRow({ key, value }: KeyedEntry): HourRow {
  const [prefix, hour = '0', ...names] = key.split('|');
  const counts = fromJson<HourCounts>(value);
  const [first = '', second = '', third = ''] = names.map(decodeURIComponent);
  if (`${prefix}|` === HOUR_PREFIX) return { hour: Number(hour), provider: first, source: second, counts };
  return { hour: Number(hour), tenant: first, provider: second, source: third, counts };
}

/** The hour of a row's key, without looking at anything else of it; undefined for other rows. */
export function hourOfKey(key: string): number | undefined {
  const prefix = [HOUR_PREFIX, TENANT_HOUR_PREFIX].find((each) => key.startsWith(each));
  return prefix === undefined ? undefined : Number(key.slice(prefix.length, prefix.length + 8));
}
