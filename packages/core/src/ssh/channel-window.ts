import type { Client, ClientChannel } from 'ssh2'

/** What ssh2 keeps for itself; its own window of 2 MiB fits a local network only. */
interface ChannelInternals {
  readonly incoming: { window: number }
  readonly outgoing: { readonly id: number }
}
interface ClientInternals {
  readonly _protocol: { channelWindowAdjust(channel: number, bytes: number): void }
}

/**
 * Lets the other side send up to `windowBytes` without waiting for us, as a connection with a long round trip needs. What is not read yet
 * counts, so that no more than twice that is ever held here.
 */
export function widenWindow(client: Client, channel: ClientChannel, windowBytes: number): void {
  const { incoming, outgoing } = channel as unknown as ChannelInternals
  const { _protocol: protocol } = client as unknown as ClientInternals
  const topUp = () => {
    const missing = windowBytes - incoming.window
    if (missing < windowBytes / 4 || channel.readableLength > windowBytes) return
    incoming.window += missing
    protocol.channelWindowAdjust(outgoing.id, missing)
  }
  const push = channel.push.bind(channel)
  channel.push = (chunk: unknown, encoding?: BufferEncoding) => {
    const more = push(chunk, encoding)
    if (chunk !== null) topUp()
    return more
  }
  topUp()
}
