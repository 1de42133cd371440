import { networkOf, parseAddress, parseTrustProxy } from './client-address.js';

describe('an address', () => {
  it.each([
    ['203.0.113.7', '203.0.113.7'],
    [' 203.0.113.7:443 ', '203.0.113.7'],
    ['::ffff:203.0.113.7', '203.0.113.7'],
    ['[::ffff:cb00:7107]:80', '203.0.113.7'],
    ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['[2001:db8::1]', '2001:db8::1'],
    ['[2001:db8::1]:65535', '2001:db8::1'],
    ['fe80::1%eth0', 'fe80::1'],
  ])('is read as proxies write it: %s', (text, address) => expect(parseAddress(text)).toBe(address));

  it.each([
    '',
    'unknown',
    '_x',
    '127.1',
    '0x7f.0.0.1',
    '1.2.3.4.5',
    '1.2.3.4:port',
    '[1.2.3.4',
    '::g',
    '1'.repeat(8_000),
  ])('is not any text: %.20s', (text) => expect(parseAddress(text)).toBeNull());

  it('is counted with its network', () => {
    expect(networkOf('203.0.113.7')).toBe('203.0.113.7');
    expect(networkOf('2001:db8:1:2:3:4:5:6')).toBe('2001:db8:1:2::/64');
    expect(networkOf('2001:db8:1:2::')).toBe('2001:db8:1:2::/64');
    expect(networkOf('2001:db8:1:3::')).not.toBe(networkOf('2001:db8:1:2::'));
    expect(networkOf('unknown')).toBe('unknown');
  });
});

describe('TRUST_PROXY', () => {
  const believes = (value: string, address: string, hop = 0) => {
    const trust = parseTrustProxy(value);
    return typeof trust === 'function' ? trust(address, hop) : trust;
  };

  it('believes everybody, nobody, some hops, or some addresses', () => {
    expect([believes('true', '203.0.113.7'), believes('false', '127.0.0.1')]).toEqual([true, false]);
    expect([0, 1, 2].map((hop) => believes('2', '203.0.113.7', hop))).toEqual([true, true, false]);
    const addresses = ['10.1.2.3', '10.1.2.3:443', '::ffff:10.1.2.3', '[::1]:443', '203.0.113.7', 'unknown'];
    expect(addresses.map((address) => believes('10.0.0.0/8, loopback', address))).toEqual([
      true,
      true,
      true,
      true,
      false,
      false,
    ]);
  });
});
