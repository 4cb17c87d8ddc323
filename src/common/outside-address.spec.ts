import fc from 'fast-check';
import { addressOf, isInside } from './outside-address.js';

describe('addresses that a user may have the server connect to', () => {
  it.each(['8.8.8.8', '93.184.216.34', '172.32.0.1', '100.128.0.1', '2606:2800:220:1::1', '2a00:1450::1'])(
    '%s lies outside',
    (address) => expect(isInside(address)).toBe(false),
  );

  it.each([
    ...['127.0.0.1', '127.8.8.8', '10.0.0.1', '172.31.255.255', '192.168.1.1', '169.254.169.254', '100.64.0.1'],
    ...['0.0.0.0', '224.0.0.1', '255.255.255.255', '::1', '::', 'fe80::1', 'fc00::1', 'fd12::1', 'ff02::1'],
    // IPv4 in the clothes of IPv6: mapped, by NAT64, by 6to4, by Teredo.
    ...['::ffff:127.0.0.1', '::ffff:8.8.8.8', '64:ff9b::7f00:1', '2002:7f00:1::1', '2001:0:7f00:1::1', '2001:db8::1'],
    ...['', 'localhost', '127.1', '0x7f.1', '2130706433', '8.8.8.8 ', 'fe80::1%eth0'],
  ])('%s does not', (address) => expect(isInside(address)).toBe(true));

  it('takes the first number of an IPv4 address for what it is', () => {
    fc.assert(
      fc.property(fc.ipV4(), (address) => {
        const first = Number(address.split('.')[0]);
        if (first === 0 || first === 10 || first === 127 || first >= 224) expect(isInside(address)).toBe(true);
        if (first > 1 && first < 10) expect(isInside(address)).toBe(false);
      }),
    );
  });

  it('refuses a name that leads inside, and one that leads nowhere', async () => {
    await expect(addressOf('localhost', false)).rejects.toMatchObject({ status: 422, code: 'host_not_allowed' });
    await expect(addressOf('127.0.0.1', false)).rejects.toMatchObject({ code: 'host_not_allowed' });
    await expect(addressOf('no-such-host.invalid', false)).rejects.toMatchObject({ code: 'host_unknown' });
    await expect(addressOf('127.0.0.1', true)).resolves.toBe('127.0.0.1');
  });
});
