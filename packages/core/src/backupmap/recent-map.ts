/** Remembers at least the last `limit` keys that were set or asked for, and at most twice as many. */
export class RecentMap<Key, Value> {
  #recent = new Map<Key, Value>()
  #older = new Map<Key, Value>()

  constructor(private readonly limit: number) {}

  get(key: Key): Value | undefined {
    const known = this.#recent.get(key)
    if (known !== undefined) return known
    const old = this.#older.get(key)
    if (old !== undefined) this.set(key, old)
    return old
  }

  set(key: Key, value: Value): void {
    if (this.#recent.size >= this.limit) {
      this.#older = this.#recent
      this.#recent = new Map()
    }
    this.#recent.set(key, value)
  }
}
