import { labelValueFaults, qualifiedNameFaults } from '../admission/names.ts';
import type { Labels } from '../store/objects.ts';
import { badRequest } from '../store/refusals.ts';

/** Whether an object's labels are selected. */
export type LabelTest = (labels: Labels) => boolean;

/**
 * Reads a label selector: `app=web,tier!=back,env in (a,b),!old,count>3`. An empty one selects everything.
 * @throws StatusError 400 with the words of the real parser.
 */
export function parseLabelSelector(text: string): LabelTest {
  const tokens = tokenize(text);
  const tests: LabelTest[] = [];
  while (tokens[0] !== END) {
    tests.push(readRequirement(tokens));
    const next = tokens.shift();
    if (next === END) break;
    if (next !== ',') throw badRequest(`found '${next}', expected: ',' or 'end of string'`);
    const follows = tokens[0] ?? END;
    if (follows === END || (isSymbol(follows) && follows !== '!')) {
      throw badRequest(`found '${follows}', expected: identifier after ','`);
    }
  }
  return (labels) => tests.every((test) => test(labels));
}

/** Stands for the end of the text in the list of tokens, and in messages. */
const END = '';

const isSymbol = (token: string) => /^(==|!=|[=!<>(),])$/.test(token);

const tokenize = (text: string): string[] => [...(text.match(/==|!=|[=!<>(),]|[^\s=!<>(),]+/g) ?? []), END];

function readRequirement(tokens: string[]): LabelTest {
  const negated = tokens[0] === '!';
  if (negated) tokens.shift();
  const key = tokens.shift() ?? END;
  if (key === END || isSymbol(key))
    throw badRequest(`found '${key}', expected: !, identifier, or 'end of string'`);
  const [fault] = qualifiedNameFaults(key);
  if (fault !== undefined) throw badRequest(`key: Invalid value: ${JSON.stringify(key)}: ${fault}`);
  const next = tokens[0] ?? END;
  if (negated) return (labels) => !Object.hasOwn(labels, key);
  if (next === END || next === ',') return (labels) => Object.hasOwn(labels, key);
  const operator = tokens.shift() ?? END;
  switch (operator) {
    case 'in':
      return amongst(key, readValues(tokens), true);
    case 'notin':
      return amongst(key, readValues(tokens), false);
    case '=':
    case '==':
      return amongst(key, new Set([readValue(key, tokens)]), true);
    case '!=':
      return amongst(key, new Set([readValue(key, tokens)]), false);
    case '>':
    case 'gt':
      return compared(key, readInteger(tokens), (value, limit) => value > limit);
    case '<':
    case 'lt':
      return compared(key, readInteger(tokens), (value, limit) => value < limit);
    default:
      throw fail(`found '${operator}', expected: in, notin, =, ==, !=, gt, lt`);
  }
}

const fail = (message: string) => badRequest(`unable to parse requirement: ${message}`);

/** Without the label an object is not amongst anything. */
const amongst =
  (key: string, values: ReadonlySet<string>, wanted: boolean): LabelTest =>
  (labels) => {
    const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
    return (value !== undefined && values.has(value)) === wanted;
  };

const compared =
  (key: string, limit: number, test: (value: number, limit: number) => boolean): LabelTest =>
  (labels) =>
    /^-?\d+$/.test(labels[key] ?? '') && test(Number(labels[key]), limit);

/** May be empty: `app=` selects objects whose label is the empty text. */
function readValue(key: string, tokens: string[]): string {
  const token = tokens[0] ?? END;
  if (token === END || token === ',') return '';
  if (isSymbol(token)) throw fail(`found '${token}', expected: identifier`);
  const [fault] = labelValueFaults(token);
  if (fault !== undefined) throw fail(`values[0][${key}]: Invalid value: ${JSON.stringify(token)}: ${fault}`);
  tokens.shift();
  return token;
}

function readInteger(tokens: string[]): number {
  const token = tokens.shift() ?? END;
  if (!/^-?\d+$/.test(token)) {
    throw fail(
      `values[0]: Invalid value: ${JSON.stringify(token)}: for 'Gt', 'Lt' operators, the value must be an integer`,
    );
  }
  return Number(token);
}

function readValues(tokens: string[]): ReadonlySet<string> {
  const open = tokens.shift() ?? END;
  if (open !== '(') throw fail(`found '${open}' expected: '('`);
  const values = new Set<string>();
  for (;;) {
    const token = tokens.shift() ?? END;
    if (token === ',' || token === ')') {
      values.add('');
      if (token === ')') return values;
      continue;
    }
    if (token === END || isSymbol(token)) throw fail(`found '${token}', expected: ',', or identifier`);
    values.add(token);
    const after = tokens.shift() ?? END;
    if (after === ')') return values;
    if (after !== ',') throw fail(`found '${after}', expected: ',' or ')'`);
  }
}
