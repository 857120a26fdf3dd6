/** How a value of the file becomes a value of the policy: either it does, or we say what would be right. */
export type Reading<T> = { readonly value: T } | { readonly wrong: string };

export type Reader<T> = (raw: unknown) => Reading<T>;

/** The value as it stands in the file, short enough for a message. */
export function shown(raw: unknown): string {
  const text = typeof raw === 'bigint' ? String(raw) : (JSON.stringify(raw) ?? String(raw));
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

export function text(pattern: RegExp, right: string): Reader<string> {
  return (raw) =>
    typeof raw === 'string' && pattern.test(raw) ? { value: raw } : { wrong: `${shown(raw)} is not ${right}` };
}

export function oneOf<T extends string>(...allowed: readonly T[]): Reader<T> {
  const list = allowed.map((value) => `"${value}"`).join(', ');
  return (raw) => {
    const found = allowed.find((value) => value === raw);
    return found === undefined ? { wrong: `${shown(raw)} is not one of ${list}` } : { value: found };
  };
}

export function integer(min: number, max: number): Reader<number> {
  return (raw) =>
    typeof raw === 'number' && Number.isInteger(raw) && raw >= min && raw <= max
      ? { value: raw }
      : { wrong: `${shown(raw)} is not a whole number from ${min} to ${max}` };
}

/** KumoMTA writes a limit kept by one node as `"local:10"`; every limit here is kept by the source's owner. */
export const connectionCount: Reader<number> = (raw) => {
  const local = typeof raw === 'string' ? /^local:([0-9]{1,6})$/.exec(raw)?.[1] : undefined;
  return integer(1, 100_000)(local === undefined ? raw : Number(local));
};

export const fraction: Reader<number> = (raw) =>
  typeof raw === 'number' && raw >= 0 && raw <= 1
    ? { value: raw }
    : { wrong: `${shown(raw)} is not a fraction from 0 to 1, such as 0.1` };

/** An IPv4 or IPv6 address, not a name. */
export const address: Reader<string> = (raw) =>
  typeof raw === 'string' && (isIPv4(raw) || isIPv6(raw))
    ? { value: raw }
    : { wrong: `${shown(raw)} is not an IP address, such as "192.0.2.1"` };

function isIPv4(raw: string): boolean {
  const parts = raw.split('.');
  return parts.length === 4 && parts.every((part) => /^(0|[1-9][0-9]{0,2})$/.test(part) && Number(part) < 256);
}

/** RFC 4291 section 2.2, with at most one `::`; the form with an IPv4 tail is not needed for a source. */
function isIPv6(raw: string): boolean {
  const halves = raw.split('::');
  if (halves.length > 2) return false;
  const groups = halves.flatMap((half) => (half === '' ? [] : half.split(':')));
  if (!groups.every((group) => /^[0-9a-fA-F]{1,4}$/.test(group))) return false;
  return halves.length === 2 ? groups.length <= 7 : groups.length === 8;
}

export const boolean: Reader<boolean> = (raw) =>
  typeof raw === 'boolean' ? { value: raw } : { wrong: `${shown(raw)} is neither true nor false` };

/** 1 to `most` whole numbers, each from `least` to `greatest`. */
export function numbers(least: number, greatest: number, most: number, right: string): Reader<readonly number[]> {
  const one = integer(least, greatest);
  return (raw) => {
    if (!Array.isArray(raw) || raw.length === 0 || raw.length > most) return { wrong: `${shown(raw)} is not ${right}` };
    const values: number[] = [];
    for (const entry of raw) {
      const reading = one(entry);
      if ('wrong' in reading) return { wrong: reading.wrong };
      values.push(reading.value);
    }
    return { value: values };
  };
}

/** A name of a kind, or a list of them; where `known` is given they must exist. */
export function namesOf<T extends string>(kind: string, known?: readonly T[]): Reader<readonly T[]> {
  return (raw) => {
    const names: readonly unknown[] = Array.isArray(raw) ? raw : [raw];
    if (names.length === 0) return { wrong: `an empty list takes in no ${kind}; leave it out for all of them` };
    const stranger = names.find((name) => typeof name !== 'string' || (known && !known.some((one) => one === name)));
    if (stranger === undefined) return { value: names as readonly T[] };
    return { wrong: `there is no ${kind} ${shown(stranger)}${known ? `; there is ${known.join(', ')}` : ''}` };
  };
}

/** The name of one of those there are. */
export function nameOf(kind: string, known: ReadonlySet<string>): Reader<string> {
  return (raw) =>
    typeof raw === 'string' && known.has(raw)
      ? { value: raw }
      : { wrong: `there is no ${kind} ${shown(raw)}; there is ${[...known].join(', ')}` };
}
