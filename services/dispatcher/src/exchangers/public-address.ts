/** Which addresses mail may be sent to on the internet. Pure. */

const IPV4 = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/;

/** Whether the text is an IPv4 or IPv6 address and no name. */
export function isAddress(text: string): boolean {
  return IPV4.test(text) || text.includes(':');
}

/**
 * False for private, loopback, link-local, documentation, multicast and other special ranges (RFC 6890): the
 * dispatcher is no port scanner for whoever writes an MX record.
 */
export function isPublicAddress(address: string): boolean {
  return address.includes(':') ? isPublicIpv6(address) : isPublicIpv4(address);
}

type Range = readonly [network: number, bits: number];

const SPECIAL_IPV4: readonly Range[] = (
  [
    ['0.0.0.0', 8],
    ['10.0.0.0', 8],
    ['100.64.0.0', 10],
    ['127.0.0.0', 8],
    ['169.254.0.0', 16],
    ['172.16.0.0', 12],
    ['192.0.0.0', 24],
    ['192.0.2.0', 24],
    ['192.168.0.0', 16],
    ['198.18.0.0', 15],
    ['198.51.100.0', 24],
    ['203.0.113.0', 24],
    ['224.0.0.0', 3],
  ] as const
).map(([network, bits]) => [ipv4Number(network) ?? 0, bits] as const);

function isPublicIpv4(address: string): boolean {
  const number = ipv4Number(address);
  if (number === undefined) return false;
  return !SPECIAL_IPV4.some(([network, bits]) => number >>> (32 - bits) === network >>> (32 - bits));
}

function ipv4Number(address: string): number | undefined {
  const parts = IPV4.exec(address)?.slice(1).map(Number);
  if (!parts || parts.some((part) => part > 255)) return undefined;
  return parts.reduce((number, part) => number * 256 + part, 0);
}

/** Global unicast is 2000::/3; of it, documentation, Teredo and 6to4 lead elsewhere. */
function isPublicIpv6(address: string): boolean {
  const groups = ipv6Groups(address);
  if (!groups) return false;
  const [first = 0, second = 0] = groups;
  if (first >>> 13 !== 1 || first === 0x2002) return false;
  return !(first === 0x2001 && (second < 0x200 || second === 0xdb8));
}

function ipv6Groups(address: string): number[] | undefined {
  const [text = ''] = address.split('%');
  const [left = '', right, ...more] = text.split('::');
  if (more.length > 0 || text.includes('.')) return undefined;
  const head = left === '' ? [] : left.split(':');
  const tail = right === undefined || right === '' ? [] : right.split(':');
  const missing = 8 - head.length - tail.length;
  if (right === undefined ? missing !== 0 : missing < 1) return undefined;
  const groups = [...head, ...Array.from({ length: missing }, () => '0'), ...tail];
  if (!groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return undefined;
  return groups.map((group) => Number.parseInt(group, 16));
}
