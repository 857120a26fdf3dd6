import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { DEFAULT_TTL_MS, SystemResolver } from './system-resolver.ts';
import { TinyNameServer } from './tiny-name-server.ts';

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
