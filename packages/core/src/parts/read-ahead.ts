/** The same values in the same order; while one is being worked on, the next is made. */
export async function* readAhead<T>(source: AsyncGenerator<T, void>): AsyncGenerator<T, void> {
  let next = begin(source)
  try {
    for (let result = await next; !result.done; result = await next) {
      next = begin(source)
      yield result.value
    }
  } finally {
    await source.return()
  }
}

/** A failure is that of whoever waits for the value, which may be nobody. */
function begin<T>(source: AsyncGenerator<T, void>): Promise<IteratorResult<T, void>> {
  const next = source.next()
  next.catch(() => undefined)
  return next
}
