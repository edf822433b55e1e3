import type { GcmPackets } from '@lustrebackup/lustreapi/binding'

const LENGTH_BYTES = 4
const TAG_BYTES = 16
const AES_BLOCK_BYTES = 16
/** As ssh2 has it. */
const PACKET_BYTES_MAX = 35_000

/** What ssh2 does with an open packet; something else than undefined ends the reading of a chunk. */
export type TakePayload = (payload: Buffer) => number | false | undefined

/** Takes the place of the object that ssh2 decrypts with, and has what ssh2 uses of that: each packet is opened in place, in the chunk that it came in. */
export class PacketDecipher {
  /** The packet under way that began in an earlier chunk. */
  #packet: Buffer | null = null
  #bytes = 0
  readonly #length = Buffer.alloc(LENGTH_BYTES)

  constructor(
    private readonly packets: GcmPackets,
    /** Number of the next packet. */
    public inSeqno: number,
    public _onPayload: TakePayload,
  ) {}

  free(): void {
    this.#packet = null
  }

  /** Takes what came in from `start` to `end`; gives where it stopped when it was told to. */
  decrypt(chunk: Buffer, start: number, end: number): number | undefined {
    for (let at = start; at < end; ) {
      const whole = this.#wholePacket(chunk, at, end)
      at += whole?.length ?? this.#gather(chunk, at, end)
      const packet = whole ?? this.#gathered()
      if (packet === null) continue
      const stop = this._onPayload(this.#open(packet))
      if (stop !== undefined) return stop === false ? at : stop
    }
    return undefined
  }

  #wholePacket(chunk: Buffer, start: number, end: number): Buffer | null {
    if (this.#bytes > 0 || end - start < LENGTH_BYTES) return null
    const stop = start + packetBytes(chunk.readUInt32BE(start))
    return stop <= end ? chunk.subarray(start, stop) : null
  }

  /** Keeps what a packet lacks; gives how much that was. */
  #gather(chunk: Buffer, start: number, end: number): number {
    const from = this.#bytes
    if (this.#packet === null) {
      const taken = chunk.copy(this.#length, from, start, end)
      this.#bytes += taken
      if (this.#bytes < LENGTH_BYTES) return taken
      this.#packet = Buffer.allocUnsafe(packetBytes(this.#length.readUInt32BE(0)))
      this.#length.copy(this.#packet)
      return taken
    }
    const taken = chunk.copy(this.#packet, from, start, end)
    this.#bytes += taken
    return taken
  }

  #gathered(): Buffer | null {
    const packet = this.#packet
    if (packet === null || this.#bytes < packet.length) return null
    this.#packet = null
    this.#bytes = 0
    return packet
  }

  #open(packet: Buffer): Buffer {
    if (!this.packets.open(packet)) throw new Error('a packet is not what was sealed')
    this.inSeqno = (this.inSeqno + 1) >>> 0
    const stop = packet.length - TAG_BYTES - packet[LENGTH_BYTES]!
    if (stop <= LENGTH_BYTES) throw new Error('a packet has more padding than bytes')
    return packet.subarray(LENGTH_BYTES + 1, stop)
  }
}

function packetBytes(length: number): number {
  if (length < AES_BLOCK_BYTES || length % AES_BLOCK_BYTES !== 0 || length + LENGTH_BYTES + TAG_BYTES > PACKET_BYTES_MAX) {
    throw new Error(`a packet has a length of ${length} bytes`)
  }
  return LENGTH_BYTES + length + TAG_BYTES
}
