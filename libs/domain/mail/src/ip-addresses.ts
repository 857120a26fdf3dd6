/** Which addresses are of the public internet: mail and webhooks go to no other unless a setting says so. */

const IPV4 = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/;

/** Whether the text is written like an IPv4 or IPv6 address and is no name. */
export function isIpAddress(text: string): boolean {
  return IPV4.test(text) || text.includes(':');
}

/**
 * False for private, loopback, link-local, documentation, multicast and other special networks, and for what is no
 * address: nobody who names a host, in an MX record or a webhook, makes a port scanner of us. Of IPv6 only global
 * unicast is public (RFC 4291 section 2.4), so neither unique local addresses nor IPv4 in any of its disguises.
 */
export function isPublicAddress(address: string): boolean {
  return address.includes(':') ? isPublicIpv6(address) : isPublicIpv4(address);
}

type Network = readonly [start: number, bits: number];

/** The IANA special-purpose registry of RFC 6890, and multicast with what lies above it. */
const SPECIAL_IPV4: readonly Network[] = (
  [
    ['0.0.0.0', 8],
    ['10.0.0.0', 8],
    ['100.64.0.0', 10],
    ['127.0.0.0', 8],
    ['169.254.0.0', 16],
    ['172.16.0.0', 12],
    ['192.0.0.0', 24],
    ['192.0.2.0', 24],
    // 6to4 relays (RFC 7526).
    ['192.88.99.0', 24],
    ['192.168.0.0', 16],
    ['198.18.0.0', 15],
    ['198.51.100.0', 24],
    ['203.0.113.0', 24],
    ['224.0.0.0', 3],
  ] as const
).map(([network, bits]) => [ipv4Number(network) ?? 0, bits] as const);

function isPublicIpv4(address: string): boolean {
  const number = ipv4Number(address);
  return number !== undefined && !SPECIAL_IPV4.some((network) => lies(number, network));
}

/** Undefined also for leading zeros: some read them as octal. */
function ipv4Number(address: string): number | undefined {
  const parts = IPV4.exec(address)?.slice(1);
  if (!parts || parts.some((part) => Number(part) > 255 || String(Number(part)) !== part)) return undefined;
  return parts.reduce((number, part) => number * 256 + Number(part), 0);
}

const GLOBAL_UNICAST: Network = [0x2000_0000, 3];

/**
 * The first 32 bits of networks within 2000::/3 that lead elsewhere: Teredo and others of the protocol block,
 * documentation, 6to4, documentation again (RFC 9637).
 */
const SPECIAL_IPV6: readonly Network[] = [
  [0x2001_0000, 23],
  [0x2001_0db8, 32],
  [0x2002_0000, 16],
  [0x3fff_0000, 20],
];

function isPublicIpv6(address: string): boolean {
  const groups = ipv6Groups(address);
  if (!groups) return false;
  const [first = 0, second = 0] = groups;
  const number = first * 0x1_0000 + second;
  return lies(number, GLOBAL_UNICAST) && !SPECIAL_IPV6.some((network) => lies(number, network));
}

/** Undefined also with a zone, which only an address of the local link has, and with an IPv4 address at its end. */
function ipv6Groups(address: string): readonly number[] | undefined {
  const [left = '', right, ...more] = address.split('::');
  if (more.length > 0) return undefined;
  const head = left === '' ? [] : left.split(':');
  const tail = right === undefined || right === '' ? [] : right.split(':');
  const missing = 8 - head.length - tail.length;
  if (right === undefined ? missing !== 0 : missing < 1) return undefined;
  const groups = [...head, ...Array.from({ length: missing }, () => '0'), ...tail];
  if (!groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return undefined;
  return groups.map((group) => Number.parseInt(group, 16));
}

/** Whether the 32 bits are of the network. */
function lies(number: number, [start, bits]: Network): boolean {
  return number >>> (32 - bits) === start >>> (32 - bits);
}
