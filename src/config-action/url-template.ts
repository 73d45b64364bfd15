import { redactUrl } from '../core/observe.ts';

/** A url in which `{node}` and `{port}` stand for a pod's address and its target's port. */
export interface UrlTemplate {
  /** `node` is an IP address or a host's name. */
  render(node: string, port: number): string;
  /** Whether the host is the pod itself. */
  readonly hostIsNode: boolean;
  /** Whether a rendered url has something that must not be seen. */
  readonly hasSecrets: boolean;
}

/** Why a template cannot be used. */
export class TemplateError extends Error {}

/** @throws {TemplateError} */
export function parseUrlTemplate(text: string): UrlTemplate {
  const unfit = Array.from(text).find((character) => character <= ' ' || character === '\u007f');
  if (unfit !== undefined) {
    throw new TemplateError(
      `expected a url without ${nameOf(unfit)}; percent-encode it as ${encodeURIComponent(unfit)}`,
    );
  }
  const parts = split(text);
  const render = (node: string, port: number) => {
    let url = '';
    for (const part of parts) url += part === NODE ? hostOf(node) : part === PORT ? String(port) : part;
    return url;
  };
  const probe = render('192.0.2.1', 80);
  const parsed = URL.parse(probe);
  if (parsed?.protocol !== 'http:' && parsed?.protocol !== 'https:') {
    throw new TemplateError(
      `expected an absolute http or https url such as "http://{node}:{port}/path", received "${redactUrl(text)}"`,
    );
  }
  const hostIsNode =
    parsed.hostname === '192.0.2.1' && URL.parse(render('192.0.2.2', 80))?.hostname === '192.0.2.2';
  return { render, hostIsNode, hasSecrets: redactUrl(probe) !== probe };
}

const NODE = Symbol('{node}');
const PORT = Symbol('{port}');
type Part = string | typeof NODE | typeof PORT;

/** As Python's `str.format` does, with no fields but the two. */
function split(text: string): Part[] {
  const parts: Part[] = [];
  const pattern = /\{\{|\}\}|\{([^{}]*)\}|[{}]|[^{}]+/g;
  for (const [token, field] of text.matchAll(pattern)) {
    if (field !== undefined) parts.push(fieldOf(field, text));
    else if (token === '{' || token === '}') {
      throw new TemplateError(
        `has a single "${token}"; write "${token}${token}" for a brace that is meant as one`,
      );
    } else parts.push(token === '{{' ? '{' : token === '}}' ? '}' : token);
  }
  return parts;
}

function fieldOf(name: string, text: string): Part {
  if (name === 'node') return NODE;
  if (name === 'port') return PORT;
  // It may be a password that has braces.
  const shown = redactUrl(text).includes(`{${name}}`) ? ` "{${name}}"` : ', which is not shown';
  throw new TemplateError(
    `has an unknown field${shown}; there are {node} and {port}, and {{ and }} for braces`,
  );
}

const hostOf = (node: string) => (node.includes(':') && !node.startsWith('[') ? `[${node}]` : node);

const nameOf = (character: string) => (character === ' ' ? 'spaces' : 'control characters');
