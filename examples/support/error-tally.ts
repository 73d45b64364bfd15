/** Shows the first of several errors that differ in nothing but their numbers, and at the end how many more there were. */
export function errorTally(print: (line: string) => void) {
  const seen = new Map<string, { readonly first: string; more: number }>();
  return {
    add({ message }: Error): void {
      const kind = message.replace(/\d+/g, '#');
      const known = seen.get(kind);
      if (known !== undefined) {
        known.more += 1;
        return;
      }
      seen.set(kind, { first: message, more: 0 });
      print(message);
    },
    end(): void {
      for (const { first, more } of seen.values()) if (more > 0) print(`and ${more} more like: ${first}`);
    },
  };
}
