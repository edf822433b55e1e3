/** A number that threads raise together, and that whoever shows progress looks at. */
export type SharedCounter = BigInt64Array

export function sharedCounter(): SharedCounter {
  return new BigInt64Array(new SharedArrayBuffer(8))
}

export function addToCounter(counter: SharedCounter, count: number): void {
  Atomics.add(counter, 0, BigInt(count))
}

export function counterValue(counter: SharedCounter): number {
  return Number(Atomics.load(counter, 0))
}
