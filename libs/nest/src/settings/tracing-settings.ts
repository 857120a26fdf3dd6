import { z } from 'zod';
import type { Setting } from './settings.ts';

const HTTP = new Set(['http:', 'https:']);

const endpointSetting: z.ZodType<string, string> = z
  .string()
  .trim()
  .refine(
    (text) => URL.canParse(text) && HTTP.has(new URL(text).protocol),
    'must be an address such as http://127.0.0.1:4318',
  );

const ratioSetting: z.ZodType<number, string> = z
  .string()
  .trim()
  .regex(/^(0|1|0?\.\d{1,9}|[01]\.0+)$/, 'must be a number from 0 to 1, such as 0.01')
  .transform(Number);

/** Read by whatever process sends spans, or decides which mail is traced. */
export const TRACING_SETTINGS = {
  otlpEndpoint: {
    name: 'PENSTOCK_OTLP_ENDPOINT',
    description: 'Where spans are sent, OTLP over HTTP, such as http://127.0.0.1:4318; tracing is off if unset.',
    schema: endpointSetting,
    placeholder: 'off',
  },
  traceRatio: {
    name: 'PENSTOCK_TRACE_RATIO',
    description:
      'Share of messages that are traced, 0 to 1; besides what its caller traces, and attempts after the first.',
    schema: ratioSetting,
    default: '0.01',
  },
} as const satisfies Readonly<Record<string, Setting<unknown>>>;
