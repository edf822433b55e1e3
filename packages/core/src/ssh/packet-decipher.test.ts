import { createCipheriv } from 'node:crypto'
import { loadAddon } from '@lustrebackup/lustreapi/load'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { PacketDecipher } from './packet-decipher.js'

const loaded = loadAddon()
if (!loaded.ok) throw new Error(`${loaded.reason}: ${loaded.hint}`)
const { addon } = loaded

const KEY = Buffer.alloc(16, 'key')
/** The counter of the last four bytes comes to its end after the first packet. */
const IV = Buffer.from('0102030405060708ffffffff', 'hex')

/** As OpenSSH seals: RFC 5647, and a counter of eight bytes. */
function seal(payloads: readonly Buffer[], key = KEY): Buffer {
  const counter = IV.readBigUInt64BE(4)
  return Buffer.concat(
    payloads.map((payload, index) => {
      const iv = Buffer.from(IV)
      iv.writeBigUInt64BE(BigInt.asUintN(64, counter + BigInt(index)), 4)
      const padding = 16 - ((payload.length + 1) % 16) + (payload.length % 2) * 16
      const length = Buffer.alloc(4)
      length.writeUInt32BE(1 + payload.length + padding)
      const cipher = createCipheriv(key.length === 16 ? 'aes-128-gcm' : 'aes-256-gcm', key, iv).setAAD(length)
      const sealed = cipher.update(Buffer.concat([Buffer.of(padding), payload, Buffer.alloc(padding)]))
      return Buffer.concat([length, sealed, cipher.final(), cipher.getAuthTag()])
    }),
  )
}

function opened(chunks: readonly Buffer[], key = KEY): { readonly payloads: Buffer[]; readonly nextNumber: number } {
  const payloads: Buffer[] = []
  const decipher = new PacketDecipher(addon.openGcmPackets(key, IV)!, 0xffff_fffe, (payload) => {
    payloads.push(payload)
    return undefined
  })
  for (const chunk of chunks) decipher.decrypt(Buffer.from(chunk), 0, chunk.length)
  return { payloads, nextNumber: decipher.inSeqno }
}

it('opens packets wherever the chunks are cut', () => {
  const payload = fc.uint8Array({ minLength: 1, maxLength: 100 }).map((bytes) => Buffer.from(bytes))
  const property = (payloads: readonly Buffer[], cuts: readonly number[], longKey: boolean) => {
    const key = longKey ? Buffer.concat([KEY, KEY]) : KEY
    const sealed = seal(payloads, key)
    const ends = [...cuts.map((cut) => cut % (sealed.length + 1)), sealed.length].toSorted((a, b) => a - b)
    const chunks = ends.map((end, index) => sealed.subarray(ends[index - 1] ?? 0, end))
    const result = opened(chunks, key)
    expect(result.payloads.map(String)).toEqual(payloads.map(String))
    expect(result.nextNumber).toBe((0xffff_fffe + payloads.length) >>> 0)
  }
  fc.assert(fc.property(fc.array(payload, { maxLength: 6 }), fc.array(fc.nat(1000), { maxLength: 12 }), fc.boolean(), property))
})

it('opens nothing after a changed bit, wherever that is', () => {
  const sealed = seal([Buffer.from('first'), Buffer.from('other')])
  for (let bit = 0; bit < sealed.length * 8; bit += 7) {
    const changed = Buffer.from(sealed)
    changed[bit >> 3]! ^= 1 << (bit & 7)
    const payloads: string[] = []
    const decipher = new PacketDecipher(addon.openGcmPackets(KEY, IV)!, 0, (payload) => {
      payloads.push(String(payload))
      return undefined
    })
    const whole = () => {
      decipher.decrypt(changed, 0, changed.length)
      if (payloads.length < 2) throw new Error('it waits for the rest of a longer packet')
    }
    expect(whole).toThrow()
    expect(payloads).toEqual(bit < sealed.length * 4 ? [] : ['first'])
  }
})

it('stops after a packet when it is told to, and says where', () => {
  const sealed = seal([Buffer.from('first'), Buffer.from('other')])
  const decipher = new PacketDecipher(addon.openGcmPackets(KEY, IV)!, 0, () => false)
  expect(decipher.decrypt(sealed, 0, sealed.length)).toBe(sealed.length / 2)
})

it('refuses a length that no packet has', () => {
  for (const length of [0, 15, 17, 35_008, 2 ** 31]) {
    const head = Buffer.alloc(4)
    head.writeUInt32BE(length)
    expect(() => opened([head.subarray(0, 3), head.subarray(3)])).toThrow(`a length of ${length} bytes`)
    expect(() => opened([head])).toThrow(`a length of ${length} bytes`)
  }
})
