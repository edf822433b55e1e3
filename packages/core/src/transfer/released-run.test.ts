import { existsSync, linkSync, lstatSync, mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { Owed } from './owed-types.js'
import { collectReleased } from './released-run.js'
import { makeTransferSite, type TransferSite } from './testing/transfer-site.js'
import type { EntryParts } from './transfer-source.js'

const REASON = 'released to HSM: restore it on the source (lfs hsm_restore), the next backup copies it'
let site: TransferSite
beforeEach(() => {
  site = makeTransferSite()
})
afterEach(() => site.close())

const from = (path: string) => join(site.source, path)
const to = (path: string) => join(site.target, path)
const released = { released: true } as const

/** What is owed after all phases, and by the data phase alone. */
async function transfer(sources: readonly EntryParts[]) {
  const { checked } = await site.transfer(sources)
  const lost = new Set(site.drift.repairs.map(({ fid }) => fid))
  const named = await collectReleased(sources, lost, site.context)
  const show = (owed: readonly Owed[]) => owed.map(({ path, reason }) => `${path}: ${reason}`).toSorted()
  return { owed: show(checked.owed), named: show(named) }
}

it('a new one is owed with its links, and nothing of it is made; the others arrive', async () => {
  for (const path of ['new', 'good']) writeFileSync(from(path), path)
  mkdirSync(from('d'))
  linkSync(from('new'), from('d/link'))
  const links = [(await site.data('d/link')).path]
  const result = await transfer([site.parts({ data: [await site.data('new', { ...released, links }), await site.data('good')] })])
  expect(result).toEqual({ owed: [`new: ${REASON}`], named: [`new: ${REASON}`] })
  expect(readdirSync(site.target)).toEqual(['good'])
})

it('one with other data keeps what the target has of it, content and attributes', async () => {
  writeFileSync(from('a'), 'new content')
  writeFileSync(to('a'), 'old')
  utimesSync(to('a'), 5, 5)
  const result = await transfer([site.parts({ data: [await site.data('a', { ...released, created: false, mode: 0o600 })] })])
  expect(result.owed).toEqual([`a: ${REASON}`])
  expect(readFileSync(to('a'), 'utf8')).toBe('old')
  expect(lstatSync(to('a'))).toMatchObject({ mode: 0o100644, mtimeMs: 5000 })
})

it('one whose data the target has gets its attributes, and its content is not asked for', async () => {
  writeFileSync(from('a'), 'zero')
  writeFileSync(to('a'), 'data')
  utimesSync(to('a'), 5, 5)
  const node = { ...(await site.node('a')), ...released }
  expect(await transfer([site.parts({ attr: [node] })])).toEqual({ owed: [], named: [] })
  expect(readFileSync(to('a'), 'utf8')).toBe('data')
  expect(lstatSync(to('a'), { bigint: true }).mtimeNs).toBe(node.mtimeNs)
})

it('one whose attributes are to be set, and which the target lost or has otherwise, is owed', async () => {
  for (const path of ['lost', 'short']) writeFileSync(from(path), 'content')
  writeFileSync(to('short'), 'cont')
  const attr = await Promise.all(['lost', 'short'].map(async (path) => ({ ...(await site.node(path)), ...released })))
  const result = await transfer([site.parts({ attr })])
  expect(result.owed).toEqual([`lost: ${REASON}`, `short: ${REASON}`])
  expect(existsSync(to('lost'))).toBe(false)
  expect(readFileSync(to('short'), 'utf8')).toBe('cont')
  expect(site.drift.drifts.map(({ kind, path }) => `${kind} ${path}`)).toEqual(['missing-file lost', 'other-content short'])
})

it.each(['data', 'attr'] as const)('one that was missing when its names were put in place (%s) is not transferred', async (kind) => {
  writeFileSync(from('moved'), 'content')
  const node = { ...(await site.node('moved')), ...released }
  site.drift.addMissing(node)
  const entries = kind === 'data' ? { data: [await site.data('moved', { ...released, created: false })] } : { attr: [node] }
  expect(await transfer([site.parts(entries)])).toEqual({ owed: [`moved: ${REASON}`], named: [`moved: ${REASON}`] })
  expect(existsSync(to('moved'))).toBe(false)
})

it('a large one is not copied block by block either', async () => {
  writeFileSync(from('large'), 'content')
  Object.assign(site.context, { largefileSizeBytes: 5n })
  const { lists, checked } = await site.transfer([site.parts({ data: [await site.data('large', released)] })])
  expect(lists.data).toEqual([])
  expect(checked.owed.map(({ reason }) => reason)).toEqual([REASON])
})
