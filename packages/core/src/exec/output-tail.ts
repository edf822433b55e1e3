/** Keeps the last bytes of a stream of any length: what a failed program says last is what matters. */
export class OutputTail {
  private readonly chunks: Buffer[] = []
  private keptBytes = 0
  private dropped = false

  constructor(private readonly maxBytes: number) {}

  add(chunk: Buffer): void {
    this.chunks.push(chunk)
    this.keptBytes += chunk.length
    while (this.chunks.length > 1 && this.keptBytes - this.chunks[0]!.length >= this.maxBytes) {
      this.keptBytes -= this.chunks.shift()!.length
      this.dropped = true
    }
  }

  text(): string {
    const kept = Buffer.concat(this.chunks)
    const start = Math.max(0, kept.length - this.maxBytes)
    return `${this.dropped || start > 0 ? '[…] ' : ''}${kept.toString('utf8', start)}`
  }
}
