/** What never reaches a log: keys and secrets by the field's name, addresses wherever they stand in a text. */

const SECRET_FIELD = /^(authorization|password|pass|secret|api_?key|key|token|cookie|body|content)$/i;
const ADDRESS = /[^\s<>"'(),:;@[\]\\]+@([A-Za-z0-9.-]+)/g;
const MAX_DEPTH = 5;
const MAX_TEXT = 2_048;

/** Keeps the domain, which operators need, and hides the mailbox. */
export function maskAddresses(text: string): string {
  const masked = text.includes('@') ? text.replace(ADDRESS, '***@$1') : text;
  return masked.length > MAX_TEXT ? `${masked.slice(0, MAX_TEXT)}…` : masked;
}

export function redact(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return redactObject(fields, 0);
}

function redactObject(value: Readonly<Record<string, unknown>>, depth: number): Record<string, unknown> {
  const clean: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(value)) {
    clean[name] = SECRET_FIELD.test(name) ? '[redacted]' : redactValue(field, depth + 1);
  }
  return clean;
}

function redactValue(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return maskAddresses(value);
  if (value instanceof Error) return { name: value.name, message: maskAddresses(value.message), stack: stackOf(value) };
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= MAX_DEPTH) return '[nested too deep]';
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (Array.isArray(value)) return value.map((item) => redactValue(item, depth + 1));
  return redactObject(value as Record<string, unknown>, depth);
}

function stackOf(error: Error): string | undefined {
  return error.stack === undefined ? undefined : maskAddresses(error.stack);
}
