import assert from 'node:assert/strict';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { after, before, describe, it } from 'node:test';
import { DEFAULT_TTL_MS, SystemResolver } from './system-resolver.ts';

type Zone = Readonly<Record<string, Answer>>;

/** Keyed by `TYPE name`; what is not listed exists without such a record. */
type Answer =
  | { readonly mx: readonly (readonly [preference: number, host: string])[] }
  | { readonly a: readonly string[]; readonly ttl: number }
  /** Each record by its strings. */
  | { readonly txt: readonly (readonly string[])[] }
  | 'NXDOMAIN'
  | 'SERVFAIL'
  | 'REFUSED'
  | 'silence';

const RCODES = { SERVFAIL: 2, NXDOMAIN: 3, REFUSED: 5 } as const;
const TYPES: Readonly<Record<number, string>> = { 1: 'A', 15: 'MX', 16: 'TXT', 28: 'AAAA' };

/** A name server that answers what it is told over UDP on loopback (RFC 1035 section 4). */
class TinyNameServer {
  readonly asked: string[] = [];
  private constructor(
    private readonly socket: Socket,
    private readonly zone: Zone,
  ) {
    socket.on('message', (query, { port, address }) => {
      const answer = this.answer(query);
      if (answer) socket.send(answer, port, address);
    });
  }

  static async start(zone: Zone): Promise<TinyNameServer> {
    const socket = createSocket('udp4');
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    return new TinyNameServer(socket, zone);
  }

  get server(): string {
    return `127.0.0.1:${this.socket.address().port}`;
  }

  async stop(): Promise<void> {
    this.socket.close();
    await once(this.socket, 'close');
  }

  private answer(query: Buffer): Buffer | undefined {
    const { name, end, type } = question(query);
    const key = `${TYPES[type] ?? type} ${name}`;
    this.asked.push(key);
    const answer = this.zone[key];
    if (answer === 'silence') return undefined;
    const records = typeof answer === 'object' ? encode(answer) : [];
    const header = Buffer.from(query.subarray(0, 12));
    header.writeUInt16BE(0x8180 | (typeof answer === 'string' ? RCODES[answer] : 0), 2);
    header.writeUInt16BE(records.length, 6);
    header.writeUInt32BE(0, 8);
    return Buffer.concat([header, query.subarray(12, end), ...records]);
  }
}

function question(query: Buffer): { name: string; end: number; type: number } {
  const labels: string[] = [];
  let at = 12;
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join('.').toLowerCase(), type: query.readUInt16BE(at + 1), end: at + 5 };
}

function encode(answer: Exclude<Answer, string>): Buffer[] {
  if ('a' in answer) {
    return answer.a.map((address) => record(1, answer.ttl, Buffer.from(address.split('.').map(Number))));
  }
  if ('txt' in answer) {
    const string = (text: string) => Buffer.concat([Buffer.from([text.length]), Buffer.from(text, 'latin1')]);
    return answer.txt.map((strings) => record(16, 60, Buffer.concat(strings.map(string))));
  }
  return answer.mx.map(([preference, host]) => {
    const labels = host.split('.').filter((label) => label !== '');
    const name = labels.map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label)]));
    return record(15, 60, Buffer.concat([Buffer.from([preference >> 8, preference & 255]), ...name, Buffer.from([0])]));
  });
}

function record(type: number, ttl: number, data: Buffer): Buffer {
  const head = Buffer.alloc(12);
  head.writeUInt16BE(0xc00c, 0);
  head.writeUInt16BE(type, 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt32BE(ttl, 6);
  head.writeUInt16BE(data.length, 10);
  return Buffer.concat([head, data]);
}

describe('the DNS resolver', () => {
  let server: TinyNameServer;
  let resolver: SystemResolver;

  before(async () => {
    server = await TinyNameServer.start({
      'MX two.test': {
        mx: [
          [20, 'Backup.Two.test'],
          [10, 'mx.two.test'],
        ],
      },
      'MX null.test': { mx: [[0, '.']] },
      'MX literal.test': { mx: [[5, '192.0.2.7']] },
      'MX gone.test': 'NXDOMAIN',
      'MX broken.test': 'SERVFAIL',
      'MX closed.test': 'REFUSED',
      'MX silent.test': 'silence',
      'TXT s1._domainkey.two.test': { txt: [['v=DKIM1; ', 'p=abc'], ['something else']] },
      'TXT gone.test': 'NXDOMAIN',
      'TXT broken.test': 'SERVFAIL',
      'A mx.two.test': { a: ['192.0.2.1', '192.0.2.2'], ttl: 77 },
      'A gone.two.test': 'NXDOMAIN',
      'AAAA gone.two.test': 'NXDOMAIN',
      'A broken.two.test': 'SERVFAIL',
    });
    resolver = new SystemResolver({ servers: [server.server], timeoutMs: 50, tries: 1 });
  });
  after(() => server.stop());

  it('gives MX hosts in lower case, most preferred first', async () => {
    assert.deepEqual(await resolver.resolveMx('two.test'), {
      kind: 'mx',
      hosts: [
        { name: 'mx.two.test', preference: 10 },
        { name: 'backup.two.test', preference: 20 },
      ],
      ttlMs: DEFAULT_TTL_MS,
    });
  });

  it('leaves an MX that is an address to whoever asked', async () => {
    const answer = await resolver.resolveMx('literal.test');
    assert.ok(answer.kind === 'mx' && answer.hosts[0]?.name === '192.0.2.7');
  });

  it('tells a domain that takes no mail, one without MX, one that does not exist and one nobody can tell of', async () => {
    assert.equal((await resolver.resolveMx('null.test')).kind, 'null_mx');
    assert.equal((await resolver.resolveMx('plain.test')).kind, 'implicit');
    assert.equal((await resolver.resolveMx('gone.test')).kind, 'nxdomain');
    for (const domain of ['broken.test', 'closed.test', 'silent.test']) {
      assert.equal((await resolver.resolveMx(domain)).kind, 'failure', domain);
    }
  });

  it('joins the strings of each TXT record, and tells none from nobody can tell', async () => {
    assert.deepEqual(await resolver.resolveTxt('s1._domainkey.two.test'), {
      kind: 'txt',
      texts: ['v=DKIM1; p=abc', 'something else'],
    });
    assert.deepEqual(await resolver.resolveTxt('gone.test'), { kind: 'none' });
    assert.deepEqual(await resolver.resolveTxt('plain.test'), { kind: 'none' });
    assert.equal((await resolver.resolveTxt('broken.test')).kind, 'failure');
  });

  it('gives addresses with the port and the time to live', async () => {
    assert.deepEqual(await resolver.resolveAddresses('mx.two.test'), {
      kind: 'addresses',
      addresses: [
        { address: '192.0.2.1', family: 4, port: 25 },
        { address: '192.0.2.2', family: 4, port: 25 },
      ],
      ttlMs: 77_000,
    });
    assert.deepEqual(await resolver.resolveAddresses('gone.two.test'), { kind: 'none' });
    assert.equal((await resolver.resolveAddresses('broken.two.test')).kind, 'failure');
  });
});

describe('the address of a host that an operator named', () => {
  const resolver = new SystemResolver({ servers: ['127.0.0.1:9'], tries: 1, timeoutMs: 100, asThisMachine: true });

  it('is what this machine knows, without a name server', async () => {
    const answer = await resolver.resolveAddresses('localhost');
    assert.ok(answer.kind === 'addresses');
    assert.ok(answer.addresses.some(({ address }) => address === '127.0.0.1' || address === '::1'));
  });
});
