import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isAddress, isPublicAddress } from './public-address.ts';

describe('an address of a mail host', () => {
  it('is public where the internet can reach it', () => {
    for (const address of [
      '8.8.8.8',
      '172.32.0.1',
      '100.128.0.1',
      '192.0.1.1',
      '2a00:1450::1b',
      '2606:4700:0:0:0:0:0:1',
    ]) {
      assert.equal(isPublicAddress(address), true, address);
    }
  });

  it('is not public where it is private, loopback, link-local, special or no address', () => {
    const ipv4 = ['0.0.0.0', '10.1.2.3', '127.0.0.1', '169.254.169.254', '172.16.0.1', '192.168.1.1', '100.64.0.1'];
    const more = ['224.0.0.1', '255.255.255.255', '198.19.0.1', '256.1.1.1', '1.2.3', ''];
    const ipv6 = ['::', '::1', 'fe80::1', 'fe80::1%eth0', 'fc00::1', 'fd12::1', 'ff02::1', '::ffff:10.0.0.1'];
    const odd = ['::ffff:0a00:1', '2001:db8::1', '2002:0a00:1::', '64:ff9b::a00:1', '1:2:3', ':::', '2a00::1::2'];
    for (const address of [...ipv4, ...more, ...ipv6, ...odd]) assert.equal(isPublicAddress(address), false, address);
  });

  it('is told from a name', () => {
    assert.deepEqual(['1.2.3.4', '::1', 'mx.test', '1.2.3.4.test'].map(isAddress), [true, true, false, false]);
  });
});
