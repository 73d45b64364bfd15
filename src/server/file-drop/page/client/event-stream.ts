/** One server-sent event; a comment has no name. */
export interface ServerEvent {
  readonly name: string;
  readonly data: string;
}

/** The events of a stream of text (HTML standard, "Parsing an event stream"), comments included: they show that it lives. */
export async function* readEvents(chunks: AsyncIterable<string>): AsyncGenerator<ServerEvent, undefined> {
  let rest = '';
  for await (const chunk of chunks) {
    const blocks = (rest + chunk).replace(/\r\n/g, '\n').split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks) yield eventOf(block);
  }
}

function eventOf(block: string): ServerEvent {
  let name = '';
  const data: string[] = [];
  for (const line of block.split('\n')) {
    const [, field = '', value = ''] = /^([^:]*)(?:: ?(.*))?$/.exec(line) ?? [];
    if (field === 'event') name = value;
    else if (field === 'data') data.push(value);
  }
  return { name: name === '' && data.length > 0 ? 'message' : name, data: data.join('\n') };
}
