import { PassThrough, Transform, Writable } from 'node:stream'

/** One side of a recorded conversation: what it sent, and how much it had heard of the other side each time. */
export interface Spoken {
  readonly bytes: Buffer
  readonly turns: readonly { readonly length: number; readonly heardBytes: number }[]
}

/** Two streams to put between the ends of a conversation, and what went through them. */
export function tapConversation() {
  const a = newTap()
  const b = newTap()
  a.other = b
  b.other = a
  return { a: a.stream, b: b.stream, spoken: () => ({ a: spokenBy(a), b: spokenBy(b) }) }
}

interface Tap {
  readonly stream: Transform
  readonly chunks: { readonly chunk: Buffer; readonly heardBytes: number }[]
  sentBytes: number
  other: Tap | null
}

function newTap(): Tap {
  const tap: Tap = {
    chunks: [],
    sentBytes: 0,
    other: null,
    stream: new Transform({
      transform(chunk: Buffer, _encoding, done) {
        // The memory of a chunk is used again once it has gone out.
        tap.chunks.push({ chunk: Buffer.from(chunk), heardBytes: tap.other!.sentBytes })
        tap.sentBytes += chunk.length
        done(null, chunk)
      },
    }),
  }
  return tap
}

function spokenBy({ chunks }: Tap): Spoken {
  return {
    bytes: Buffer.concat(chunks.map(({ chunk }) => chunk)),
    turns: chunks.map(({ chunk, heardBytes }) => ({ length: chunk.length, heardBytes })),
  }
}

/** So often the other side is let go on without hearing more than before: then it waits for us. What is valid is waited for without end. */
const PATIENCE_TURNS = 100

/** Says `bytes` in the turns of the recorded side, each when as much was heard as then, or when the other side does not go on; then ends. */
export function replay(bytes: Buffer, turns: Spoken['turns'], isValid: boolean) {
  const patience = isValid ? Number.POSITIVE_INFINITY : PATIENCE_TURNS
  const says = new PassThrough()
  let heardBytes = 0
  const hears = new Writable({
    write(chunk: Buffer, _encoding, done) {
      heardBytes += chunk.length
      done()
    },
  })
  const play = async () => {
    let at = 0
    for (const turn of turns) {
      for (let left = patience, before = heardBytes; heardBytes < turn.heardBytes && left > 0 && !says.destroyed; left -= 1) {
        await new Promise((resolve) => setImmediate(resolve))
        if (heardBytes > before) [left, before] = [patience, heardBytes]
      }
      if (says.destroyed) return
      says.write(bytes.subarray(at, at + turn.length))
      at += turn.length
    }
    if (!says.destroyed) says.end(bytes.subarray(at))
  }
  void play()
  return { says, hears }
}
