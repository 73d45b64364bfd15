import { describe, expect, it } from 'vitest';
import { parseLabelSelector } from '../../../../src/testing/mini-kubernetes/api/label-selector.ts';

const objects = {
  web: { app: 'web', tier: 'front', count: '3' },
  db: { app: 'db', 'example.com/role': 'main' },
  empty: { app: '' },
  bare: {},
};

const selected = (selector: string) =>
  Object.entries(objects)
    .filter(([, labels]) => parseLabelSelector(selector)(labels))
    .map(([name]) => name);

describe('a label selector', () => {
  it.each([
    ['', ['web', 'db', 'empty', 'bare']],
    ['app=web', ['web']],
    ['app==web', ['web']],
    ['app!=web', ['db', 'empty', 'bare']],
    ['app=', ['empty']],
    ['app', ['web', 'db', 'empty']],
    ['!app', ['bare']],
    ['! app', ['bare']],
    ['app in (web, db)', ['web', 'db']],
    ['app in (web,)', ['web', 'empty']],
    ['app notin (web)', ['db', 'empty', 'bare']],
    ['app=web,tier=front', ['web']],
    ['app=web,tier=back', []],
    ['example.com/role=main', ['db']],
    ['count>2', ['web']],
    ['count<3', []],
    ['count gt 2,app', ['web']],
    ['constructor', []],
  ])('%s selects %j', (selector, names) => {
    expect(selected(selector)).toEqual(names);
  });

  it.each([
    ['app in web', "unable to parse requirement: found 'web' expected: '('"],
    ['a b', "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"],
    ['=x', "found '=', expected: !, identifier, or 'end of string'"],
    ['app=bad value', "found 'value', expected: ',' or 'end of string'"],
    ['app=web,', "found '', expected: identifier after ','"],
    ['app=web,,x', "found ',', expected: identifier after ','"],
    ['a>x', 'the value must be an integer'],
    ['_/a', 'prefix part a lowercase RFC 1123 subdomain'],
    ['app in (a', "found '', expected: ',' or ')'"],
  ])('%s is refused: %s', (selector, message) => {
    expect(() => parseLabelSelector(selector)).toThrow(message);
  });
});
