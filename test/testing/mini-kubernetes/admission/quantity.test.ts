import { expect, it } from 'vitest';
import { canonicalQuantity } from '../../../../src/testing/mini-kubernetes/admission/quantity.ts';

it.each([
  ['0.1', '100m'],
  ['1000m', '1'],
  ['1500m', '1500m'],
  ['1000', '1k'],
  ['0.5Gi', '512Mi'],
  ['1024Mi', '1Gi'],
  ['128Mi', '128Mi'],
  ['.5', '500m'],
  ['-5m', '-5m'],
  ['0', '0'],
  ['0Mi', '0'],
  ['1.5Ki', '1536'],
  ['lots', undefined],
  ['', undefined],
  ['1 Gi', undefined],
  ['.', undefined],
])('the quantity %s is %s', (text, canonical) => {
  expect(canonicalQuantity(text)).toBe(canonical);
});
