import { expect, test } from 'vitest';
import { podAddresses } from '../../../../src/testing/mini-kubernetes/kubelet/pod-address.ts';

test.each([0, 0.25, 0.5, 0.999999])('pods on Linux get distinct usable addresses, drawn at %d', (drawn) => {
  const next = podAddresses('linux', () => drawn);
  const addresses = Array.from({ length: 70_000 }, () => next());
  expect(new Set(addresses).size).toBe(addresses.length);
  for (const address of addresses) {
    const [first, second = 0, third = 0, fourth = 0] = address.split('.').map(Number);
    if (first !== 127 || second < 1 || second > 254 || third > 255 || fourth < 1 || fourth > 254) {
      expect.fail(address);
    }
  }
});

test.each(['darwin', 'win32'] as const)('pods on %s share 127.0.0.1', (platform) => {
  const next = podAddresses(platform, Math.random);
  expect([next(), next()]).toEqual(['127.0.0.1', '127.0.0.1']);
});
