/** Which addresses lie outside of the network that the server stands in: those that a user may have it connect to. */
import { lookup } from 'node:dns/promises';
import { BlockList, isIP } from 'node:net';
import { unprocessable, type Problem } from './problem.js';

/** Everything that is not globally reachable, by IANA's registries of special-purpose addresses (RFC 6890 and later). */
const INSIDE = new BlockList();
for (const [network, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
] as const)
  INSIDE.addSubnet(network, prefix, 'ipv4');
// Of IPv6 only 2000::/3 is reachable at all; within it some blocks lead elsewhere or nowhere.
const REACHABLE = new BlockList();
REACHABLE.addSubnet('2000::', 3, 'ipv6');
for (const [network, prefix] of [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
] as const)
  INSIDE.addSubnet(network, prefix, 'ipv6');

/** Whether an IP address is anything but one of the public network. */
export function isInside(address: string): boolean {
  switch (isIP(address)) {
    case 4:
      return INSIDE.check(address, 'ipv4');
    case 6:
      return !REACHABLE.check(address, 'ipv6') || INSIDE.check(address, 'ipv6');
    default:
      return true;
  }
}

/**
 * The address of a host that a user named, looked up once: connect to it and not to the name, which may lead elsewhere
 * the next time.
 * @param insideAllowed also addresses of the own network
 * @throws Problem 422 `host_unknown`, or `host_not_allowed` where one of its addresses lies inside
 */
export async function addressOf(host: string, insideAllowed: boolean): Promise<string> {
  const found = await lookup(host, { all: true }).catch(() => []);
  const [first] = found;
  if (!first) throw refused('host_unknown', `There is no address for the host ${host}.`);
  if (!insideAllowed && found.some(({ address }) => isInside(address))) {
    throw refused(
      'host_not_allowed',
      `The host ${host} has an address in a private network, which is not allowed here.`,
    );
  }
  return first.address;
}

const refused = (code: string, message: string): Problem =>
  unprocessable(code, message, [{ code, message, pointer: '/host' }]);
