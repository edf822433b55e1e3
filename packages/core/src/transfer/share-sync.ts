/**
 * A sync for many: whoever comes while one is under way waits, with all others who do, for one more that begins after it. The system reports a failed
 * write to one sync only, so that after a failure nobody is told of a success any more.
 */
export function shareSync(sync: () => Promise<void>): () => Promise<void> {
  let underWay: Promise<void> | null = null
  let waiting: Promise<void> | null = null
  const begin = async (): Promise<void> => {
    await sync()
    underWay = null
  }
  return () => {
    if (waiting !== null) return waiting
    if (underWay === null) {
      underWay = begin()
      return underWay
    }
    waiting = underWay.then(() => {
      waiting = null
      underWay = begin()
      return underWay
    })
    return waiting
  }
}
