import { isPublicAddress } from './public-address.js';
import { webhookUrlFault } from './webhook-url.js';

test('only addresses of the public internet are public, however they are written', () => {
  const special =
    '0.0.0.0 10.1.2.3 100.64.0.1 127.0.0.1 127.255.255.254 169.254.169.254 172.16.0.1 172.31.255.255 192.0.0.8 192.0.2.1 ' +
    '192.168.1.1 198.18.0.1 198.51.100.7 203.0.113.9 224.0.0.1 239.255.255.255 240.0.0.1 255.255.255.255 :: ::1 ' +
    '::ffff:127.0.0.1 ::ffff:7f00:1 ::ffff:8.8.8.8 ::127.0.0.1 64:ff9b::7f00:1 64:ff9b:1::1 100::1 2001::1 2001:db8::1 2002:7f00:1:: ' +
    'fc00::1 fd00:ec2::254 fe80::1 fec0::1 ff02::1 3fff::1 localhost 2130706433 0x7f.1 127.1';
  expect(special.split(' ').filter(isPublicAddress)).toEqual([]);
  const open =
    '1.1.1.1 8.8.8.8 172.15.0.1 172.32.0.1 192.167.255.255 198.17.0.1 223.255.255.254 2606:4700::1111 2a00:1450::5';
  expect(open.split(' ').filter((address) => !isPublicAddress(address))).toEqual([]);
});

const rules = {
  webhookHosts: [
    'hooks.example.org',
    'alerts.example.org:8443',
    '127.0.0.1',
    '[::1]',
    '[::ffff:7f00:1]',
    '8.8.8.8',
  ],
  webhookPrivateAddresses: false,
};

test('an address needs https, an allowed host and port, and a public address', () => {
  for (const url of [
    'https://hooks.example.org/a?b=c',
    'HTTPS://HOOKS.example.org:443',
    'https://alerts.example.org:8443/',
    'https://8.8.8.8/',
  ])
    expect([url, webhookUrlFault(url, rules)]).toEqual([url, null]);
  const refused: [string, RegExp][] = [
    ['hooks.example.org', /not a web address/],
    ['ftp://hooks.example.org/', /not a web address/],
    ['javascript:alert(1)', /not a web address/],
    [`https://hooks.example.org/${'a'.repeat(2000)}`, /not a web address/],
    ['http://hooks.example.org/', /Use https/],
    ['https://hooks.example.org:8443/', /not among the hosts/],
    ['https://alerts.example.org/', /not among the hosts/],
    ['https://hooks.example.org.evil.test/', /not among the hosts/],
    ['https://hooks.example.org./', /not among the hosts/],
    ['https://evil.test/?hooks.example.org', /not among the hosts/],
    ['https://evil.test\\@hooks.example.org/', /not among the hosts/],
    ['https://hooks.example.org@evil.test/', /user name/],
    ['https://user:password@hooks.example.org/', /user name/],
    ['https://hooks.example.org/#x', /fragment/],
    ['https://ｈooks.example.org%2eevil.test/', /not among the hosts/],
    ...[
      '127.0.0.1',
      '127.1',
      '2130706433',
      '0x7f000001',
      '017700000001',
      '0x7f.0.0.1',
      '[::1]',
      '[0:0::1]',
      '[::ffff:127.0.0.1]',
    ].map((host): [string, RegExp] => [`https://${host}/`, /private or special address/]),
    ['https://[fe80::1%25eth0]/', /not a web address/],
  ];
  for (const [url, message] of refused)
    expect([url, webhookUrlFault(url, rules)]).toEqual([url, expect.stringMatching(message)]);
  expect(webhookUrlFault('https://hooks.example.org/', { ...rules, webhookHosts: [] })).toMatch(
    /WEBHOOK_HOSTS is empty/,
  );
  expect(webhookUrlFault('http://127.1/', { ...rules, webhookPrivateAddresses: true })).toBeNull();
});
