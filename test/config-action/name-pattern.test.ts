import { expect, it } from 'vitest';
import { PatternError, parseNamePattern } from '../../src/config-action/name-pattern.ts';
import { staticPods } from '../../src/config-action/static-pods.ts';

it.each([
  ['^client-0-(1[0-2]|[0-9])$', 'client-0-12', true],
  ['^client-0-(1[0-2]|[0-9])$', 'client-0-13', false],
  ['0-1', 'client-0-12', true],
  ['(?i)CLIENT', 'client', true],
  ['(?P<shard>\\d+)-', 'client-12-0', true],
  ['a\\Z', 'ba', true],
  ['^a{,2}$', 'aa', true],
  ['^a{,2}$', 'aaa', false],
  ['^ax{,}b$', 'axxb', true],
  ['^ax{,}b$', 'ab', true],
  ['^[a-z0-9-]{1,253}$', 'client-0', true],
  ['^[(){1000}]{2}$', '({', true],
  ['[]a]', ']', true],
  ['[^]a]', ']', false],
  ['[(?=]', '=', true],
  ['\\(\\?=', '(?=', true],
])('%s in %s: %s', (pattern, name, found) => {
  expect(parseNamePattern(pattern).foundIn(name)).toBe(found);
});

it.each([
  ['a(?=b)', 'a lookahead'],
  ['a(?!b)', 'a negative lookahead'],
  ['(?<=a)b', 'a lookbehind'],
  ['(?<!a)b', 'a negative lookbehind'],
  ['(a)\\1', 'a backreference'],
  ['(?P<n>a)(?P=n)', 'a backreference'],
  ['(a)?(?(1)b|c)', 'a conditional'],
  ['(?>a)', 'an atomic group'],
  ['a++', 'a possessive quantifier'],
  ['(?x)a', 'a flag other than'],
  ['a(?#b)', 'a comment'],
  ['a(?i)b', 'do not stand at its beginning'],
  ['\\pL', 'an escape that Python has not'],
  ['[[:alpha:]]', 'a class of POSIX'],
  ['(', 'missing closing'],
  ['a{1001}', 'come to more than 1000 steps'],
  ['(?:x?){1000}'.repeat(20), 'come to more than 1000 steps'],
  ['(?:(?:x?){40}){40}$', 'come to more than 1000 steps'],
  ['(?:x?){,1000}', 'come to more than 1000 steps'],
  ['(?:[a-z]|y?){600}', 'come to more than 1000 steps'],
  ['a'.repeat(1_001), '1001 characters'],
])('refuses %s by its name', (pattern, says) => {
  expect(() => parseNamePattern(pattern)).toThrow(PatternError);
  expect(() => parseNamePattern(pattern)).toThrow(says);
});

it('does not hang on a pattern that hangs others', () => {
  expect(parseNamePattern('^(a+)+$').foundIn(`${'a'.repeat(5_000)}!`)).toBe(false);
});

it.each([
  ['10.0.0.1:80', 'without a port'],
  ['', 'an IP address'],
  ['a/b', 'an IP address'],
])('a static pod is not at %o', (ip, says) => {
  expect(() => staticPods([{ name: 'a', ip }])).toThrow(says);
});
