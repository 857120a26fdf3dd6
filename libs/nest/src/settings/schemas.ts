/** Parsers for the texts settings come as; messages continue the sentence "PENSTOCK_X …". */
import { z } from 'zod';

const MAX_PORT = 65_535;

function numberBetween(least: number, most: number, message: string): z.ZodType<number, string> {
  return z
    .string()
    .regex(/^\d{1,9}$/, message)
    .transform(Number)
    .refine((value) => value >= least && value <= most, message);
}

/** 0 lets the system choose. */
export const portSetting = numberBetween(0, MAX_PORT, `must be a port number from 0 to ${MAX_PORT}`);

export const textSetting: z.ZodType<string, string> = z.string().trim().min(1, 'must not be empty');

export const logLevelSetting = z.enum(['debug', 'info', 'warn', 'error', 'silent'], {
  error: 'must be debug, info, warn, error or silent',
});

const HOST_NAME = /^(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?)+$/;

/** A name of DNS with two labels at least, in lower case and without a dot at its end. */
export const hostNameSetting: z.ZodType<string, string> = z
  .string()
  .transform((text) => text.trim().toLowerCase().replace(/\.$/, ''))
  .refine((name) => HOST_NAME.test(name), 'must be a host name, such as mx.example.com');

const HEX_KEY = /^[0-9a-f]{64}$/i;
/** 32 bytes are 43 characters of base64 and one of padding. */
const BASE64_KEY = /^[A-Za-z0-9+/_-]{43}=?$/;

/** 32 bytes in hex, base64 or base64url. */
export const secretKeySetting: z.ZodType<Uint8Array, string> = z.string().transform((text, context) => {
  const key = text.trim();
  if (HEX_KEY.test(key)) return new Uint8Array(Buffer.from(key, 'hex'));
  if (BASE64_KEY.test(key)) return new Uint8Array(Buffer.from(key, 'base64'));
  context.addIssue({
    code: 'custom',
    message: 'must be 32 bytes in hex or base64, such as openssl rand -hex 32 prints',
  });
  return z.NEVER;
});

export const metricsAccessSetting = z.enum(['operate', 'open'], { error: 'must be operate or open' });

export const webhookAllowSetting = z.enum(['public', 'http', 'private'], { error: 'must be public, http or private' });

export interface HostAndPort {
  readonly host: string;
  readonly port: number;
}

const HOST_AND_PORT = /^(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9._-]+)):(\d{1,5})$/;

/** `host:port`, an IPv6 address in brackets. */
export const hostAndPortSetting: z.ZodType<HostAndPort, string> = z.string().transform((text, context) => {
  const [, address, name, portText] = HOST_AND_PORT.exec(text) ?? [];
  const host = address ?? name;
  const port = Number(portText);
  if (host === undefined || !(port >= 1 && port <= MAX_PORT)) {
    context.addIssue({ code: 'custom', message: 'must be host:port, such as 127.0.0.1:1025' });
    return z.NEVER;
  }
  return { host, port };
});

export const onOffSetting: z.ZodType<boolean, string> = z
  .enum(['on', 'off'], { error: 'must be on or off' })
  .transform((text) => text === 'on');

/** One of two places. */
export function storeSetting<const A extends string, const B extends string>(
  one: A,
  other: B,
): z.ZodType<A | B, string> {
  return z.enum([one, other], { error: `must be ${one} or ${other}` });
}

/** An address of a server, without what follows the host where nothing does. */
export const urlSetting = addressOf(['http:', 'https:'], 'must be an address such as http://127.0.0.1:19040');

export const redisUrlSetting = addressOf(['redis:', 'rediss:'], 'must be an address such as redis://127.0.0.1:6379');

function addressOf(schemes: readonly string[], message: string): z.ZodType<string, string> {
  return z
    .string()
    .trim()
    .refine((text) => URL.canParse(text) && schemes.includes(new URL(text).protocol), message);
}

/** Where content lies. */
export type ContentPlace =
  | { readonly kind: 'folder'; readonly folder: string }
  | { readonly kind: 's3'; readonly bucket: string; readonly prefix: string };

const S3_PLACE = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/([A-Za-z0-9!_.*'()/-]*))?$/;

/** A folder, or `s3://bucket/prefix`. */
export const contentSetting: z.ZodType<ContentPlace, string> = textSetting.transform((text, context): ContentPlace => {
  if (!/^[a-z0-9]+:\/\//i.test(text)) return { kind: 'folder', folder: text };
  const [, bucket, prefix = ''] = S3_PLACE.exec(text) ?? [];
  if (bucket !== undefined) return { kind: 's3', bucket, prefix };
  context.addIssue({ code: 'custom', message: 'must be a folder, or s3://bucket/prefix' });
  return z.NEVER;
}) as z.ZodType<ContentPlace, string>;

const DURATIONS = { h: 3_600_000, d: 86_400_000 } as const;
const BYTES = { KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 } as const;

/** Bytes, such as `64MiB`. */
export const bytesSetting = quantity(BYTES, 'must be a size such as 64MiB');

/** Milliseconds, such as `30d` or `720h`. */
export const daysSetting = quantity(DURATIONS, 'must be a time such as 30d or 720h');

const AT_LEAST_FIVE_SECONDS = 'must be a time of 5s at least, such as 60s or 5m';

/** Milliseconds, such as `30s`, `10m` or `1h`. */
export const minutesSetting = quantity({ s: 1_000, m: 60_000, h: 3_600_000 }, 'must be a time such as 30s, 10m or 1h');

/** Milliseconds, such as `60s` or `5m`; 5 s at least: what is looked at once a second is not known more exactly. */
export const secondsSetting = quantity({ s: 1_000, m: 60_000 }, AT_LEAST_FIVE_SECONDS).refine(
  (ms) => ms >= 5_000,
  AT_LEAST_FIVE_SECONDS,
);

function quantity(units: Readonly<Record<string, number>>, message: string): z.ZodType<number, string> {
  const form = new RegExp(`^(\\d{1,6})(${Object.keys(units).join('|')})$`);
  return z.string().transform((text, context) => {
    const [, count, unit] = form.exec(text.trim()) ?? [];
    const factor = units[unit ?? ''];
    if (factor !== undefined) return Number(count) * factor;
    context.addIssue({ code: 'custom', message });
    return z.NEVER;
  });
}
