/** What a batch could not do like all the others, and has to look around for; null when there is nothing. */
export type Rest = (() => Promise<void>) | null

/** So that the kernel has something to do while a batch is being prepared. */
const UNDER_WAY = 2

/**
 * Begins the batches in their order, some of one depth at the same time, those of the next depth when everything before is complete. While the rest of
 * one is done nothing else is under way. When it throws nothing is under way any more either.
 */
export async function runByDepth<T extends { readonly depth: number }>(
  batches: AsyncIterable<T>,
  begin: (batch: T) => Promise<Rest>,
): Promise<void> {
  const underWay: Promise<Rest>[] = []
  let depth: number | null = null
  try {
    for await (const batch of batches) {
      if (batch.depth !== depth) await complete(underWay, 0)
      depth = batch.depth
      underWay.push(begun(begin(batch)))
      await complete(underWay, UNDER_WAY - 1)
    }
    await complete(underWay, 0)
  } finally {
    await Promise.allSettled(underWay)
  }
}

/** A failure is that of whoever waits for it, which may be later. */
function begun(rest: Promise<Rest>): Promise<Rest> {
  rest.catch(() => undefined)
  return rest
}

/** Completes the first of them until no more than `count` are left, or all, where one has a rest. */
async function complete(underWay: Promise<Rest>[], count: number): Promise<void> {
  while (underWay.length > count) {
    const rest = await underWay[0]!
    if (rest !== null) return completeAll(underWay)
    underWay.shift()
  }
}

async function completeAll(underWay: Promise<Rest>[]): Promise<void> {
  for (const rest of await Promise.all(underWay)) await rest?.()
  underWay.length = 0
}
