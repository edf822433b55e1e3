import { expect, it } from 'vitest'
import { loadAddon } from './load.js'

it('loads the built addon', () => {
  expect(loadAddon()).toMatchObject({ ok: true })
})

it('says what it tried when there is none', () => {
  expect(loadAddon({ LUSTREBACKUP_ADDON: '/nonexistent/lustreapi.node' })).toMatchObject({
    ok: false,
    tried: ['/nonexistent/lustreapi.node'],
    reason: expect.stringContaining('not built'),
    hint: expect.stringContaining('build.mjs'),
  })
})

it('says why a file that is no addon does not load', () => {
  const loaded = loadAddon({ LUSTREBACKUP_ADDON: import.meta.filename })
  expect(loaded).toMatchObject({ ok: false, reason: expect.stringContaining('does not load') })
})
