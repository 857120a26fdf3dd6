import assert from 'node:assert/strict';
import { BlockList, isIP } from 'node:net';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { isIpAddress, isPublicAddress } from './ip-addresses.ts';

describe('an address', () => {
  it('is public where the internet can reach it', () => {
    const ipv4 = ['8.8.8.8', '172.32.0.1', '100.128.0.1', '192.0.1.1', '192.88.98.1', '223.255.255.255'];
    const ipv6 = ['2a00:1450::1b', '2606:4700:0:0:0:0:0:1', '2606:4700::1111', '2001:4860::8888', '3fff:1000::1'];
    for (const address of [...ipv4, ...ipv6]) assert.equal(isPublicAddress(address), true, address);
  });

  it('is not public where it is private, loopback, link-local, special or no address', () => {
    const ipv4 = ['0.0.0.0', '10.1.2.3', '127.0.0.1', '169.254.169.254', '172.16.0.1', '192.168.1.1', '100.64.0.1'];
    const more = ['192.0.0.8', '192.88.99.1', '198.19.0.1', '203.0.113.1', '224.0.0.1', '240.0.0.1', '255.255.255.255'];
    const none = ['256.1.1.1', '1.2.3', '', 'localhost', '08.8.8.8', '8.8.8.010'];
    const ipv6 = ['::', '::1', 'fe80::1', 'fe80::1%eth0', '2a00::1%eth0', 'fc00::1', 'fd12::1', 'ff02::1'];
    const disguised = ['::ffff:10.0.0.1', '::ffff:0a00:1', '2002:0a00:1::', '64:ff9b::a00:1', '2001::1', '2001:1ff::1'];
    const odd = ['2001:db8::1', '3fff:fff::1', '1:2:3', ':::', '2a00::1::2', '2a00::8.8.8.8', '2a00:1:2:3:4:5:6:7:8'];
    for (const address of [...ipv4, ...more, ...none, ...ipv6, ...disguised, ...odd]) {
      assert.equal(isPublicAddress(address), false, address);
    }
  });

  it('is public by the same networks as Node knows them, and only if Node finds it an address', () => {
    const unicast = new BlockList();
    unicast.addSubnet('2000::', 3, 'ipv6');
    const refused = new BlockList();
    for (const network of ['10.0.0.0/8', '192.88.99.0/24', '198.18.0.0/15', '172.16.0.0/12', '100.64.0.0/10']) {
      const [start = '', bits] = network.split('/');
      refused.addSubnet(start, Number(bits), 'ipv4');
    }
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (address) => {
        if (!isPublicAddress(address)) return;
        assert.ok(isIP(address) === 6 ? unicast.check(address, 'ipv6') : !refused.check(address, 'ipv4'), address);
      }),
    );
    fc.assert(fc.property(fc.string(), (text) => !isPublicAddress(text) || isIP(text) !== 0));
  });

  it('is told from a name', () => {
    assert.deepEqual(['1.2.3.4', '::1', 'mx.test', '1.2.3.4.test'].map(isIpAddress), [true, true, false, false]);
  });
});
