import type { Client, ClientChannel } from 'ssh2'
import type { AdaptiveWindow } from './adaptive-window.js'

/*
 * ssh2 has a window of 2 MiB, which fits a local network only, and neither an option for it nor a public way to ask for an answer. What it keeps
 * for itself is used here, and nowhere else. Where another version of it looks different, nothing is widened: that is slow over a long way, and
 * never wrong. test/ssh/channel-window.test.ts fails then.
 */
interface ChannelInternals {
  readonly incoming: { window: number }
  readonly outgoing: { readonly id: number }
}
interface ClientInternals {
  readonly _protocol: { channelWindowAdjust(channel: number, bytes: number): void; ping(): void }
  /** Called in turn when the other side answers a request of the connection. */
  readonly _callbacks: (() => void)[]
}

/** More cost as many round trips, before anything is sent. */
const PINGS_MIN = 2
/** Over a short way they cost little, and tell a busy host from a far one. */
const PINGS_MAX = 8
const FAR_MS = 20

const measured = new WeakMap<Client, Promise<number>>()

/** Milliseconds to the other side and back: the least of a few, because a busy host answers late; 0 where it cannot be known. Measured once a connection. */
export function measureRoundTrip(client: Client): Promise<number> {
  const known = measured.get(client) ?? pingSeveral(client)
  measured.set(client, known)
  return known
}

async function pingSeveral(client: Client): Promise<number> {
  const { _protocol: protocol, _callbacks: callbacks } = client as unknown as Partial<ClientInternals>
  if (typeof protocol?.ping !== 'function' || !Array.isArray(callbacks)) return 0
  let least = Number.POSITIVE_INFINITY
  for (let ping = 0; ping < PINGS_MIN || (ping < PINGS_MAX && least < FAR_MS); ping += 1) {
    const started = performance.now()
    await new Promise<void>((resolve) => {
      client.once('close', resolve)
      callbacks.push(() => {
        client.off('close', resolve)
        resolve()
      })
      protocol.ping()
    })
    least = Math.min(least, performance.now() - started)
  }
  return least
}

/**
 * Lets the other side send up to a window without waiting for us, as a connection with a long round trip needs. What is not read yet
 * counts, so that no more than twice that is ever held here.
 */
export function widenWindow(client: Client, channel: ClientChannel, window: AdaptiveWindow): void {
  const { incoming, outgoing } = channel as unknown as Partial<ChannelInternals>
  const { _protocol: protocol } = client as unknown as Partial<ClientInternals>
  if (typeof incoming?.window !== 'number' || typeof outgoing?.id !== 'number') return
  if (typeof protocol?.channelWindowAdjust !== 'function') return
  const topUp = () => {
    const missing = window.bytes - incoming.window
    if (missing < window.bytes / 8 || channel.readableLength > window.bytes) return
    incoming.window += missing
    protocol.channelWindowAdjust(outgoing.id, missing)
  }
  const push = channel.push.bind(channel)
  channel.push = (chunk: unknown, encoding?: BufferEncoding) => {
    const more = push(chunk, encoding)
    if (chunk !== null) {
      window.arrived((chunk as Buffer).length, performance.now())
      topUp()
    }
    return more
  }
  topUp()
}
