import { expect, it } from 'vitest'
import { parseFastCiphers } from './fast-ciphers.js'

it('puts the fast ciphers first, and allows none that the configuration does not', () => {
  const all = 'chacha20-poly1305@openssh.com,aes128-ctr,aes256-gcm@openssh.com,aes128-gcm@openssh.com'
  const ordered = 'aes128-gcm@openssh.com,aes256-gcm@openssh.com,chacha20-poly1305@openssh.com,aes128-ctr'
  expect(parseFastCiphers(`user root\nciphers ${all}\nport 22\n`)).toBe(ordered)
  expect(parseFastCiphers('ciphers aes256-ctr,aes256-gcm@openssh.com\n')).toBe('aes256-gcm@openssh.com,aes256-ctr')
  expect(parseFastCiphers('ciphers aes256-ctr\n')).toBe('aes256-ctr')
  expect(parseFastCiphers('port 22\n')).toBeNull()
})
