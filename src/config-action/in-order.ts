import { onAbort } from '../core/abort.ts';
import type { Outlet } from '../core/handoff.ts';

/** How many items may wait for one before them, and how many bytes of them, before those after have to wait. */
interface Room {
  readonly items: number;
  readonly bytes: number;
}

interface Waiting<Item> {
  readonly item: Item;
  readonly bytes: number;
  taken(): void;
}

/** An item and its place: from 0, without a gap. */
export interface Placed<Item> {
  readonly position: number;
  readonly item: Item;
}

interface OrderedOutlet<Item> extends Outlet<Placed<Item>> {
  /** Resolves when what was put, and waits for nothing before it, has been taken. */
  drained(): Promise<void>;
}

/**
 * An outlet that hands its items on in their order. One that comes too early is kept, and whoever puts it goes on at once
 * while there is room: what hangs holds up nothing but the telling. Behind a reader that is slow every put waits.
 */
export function inOrder<Item>(
  outlet: Outlet<Item>,
  bytesOf: (item: Item) => number,
  { items, bytes }: Room = { items: 1_000, bytes: 32 * 1024 * 1024 },
): OrderedOutlet<Item> {
  const waiting = new Map<number, Waiting<Item>>();
  let next = 0;
  let held = 0;
  let handing = false;
  let handed = Promise.resolve();

  const hasRoom = () => waiting.size < items && held < bytes;
  const releaseAll = () => {
    for (const { taken } of waiting.values()) taken();
  };
  const handOn = async () => {
    handing = true;
    for (let first = waiting.get(next); first !== undefined; first = waiting.get(next)) {
      await outlet.put(first.item);
      waiting.delete(next);
      held -= first.bytes;
      next += 1;
      first.taken();
    }
    handing = false;
    // What is left waits for one that is still under way.
    if (hasRoom()) releaseAll();
  };
  // Whoever left takes nothing any more, and what is missing never comes.
  onAbort(outlet.left, releaseAll);

  return {
    get wanted() {
      return outlet.wanted;
    },
    get left() {
      return outlet.left;
    },
    put({ position, item }) {
      if (!outlet.wanted) return Promise.resolve();
      return new Promise((resolve, reject) => {
        const size = bytesOf(item);
        waiting.set(position, { item, bytes: size, taken: resolve });
        held += size;
        if (handing) return;
        if (waiting.has(next)) {
          handed = handOn();
          handed.catch(reject);
        } else if (hasRoom()) resolve();
      });
    },
    drained: () => handed,
  };
}
