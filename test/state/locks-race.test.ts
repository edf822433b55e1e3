import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeEach, expect, it } from 'vitest'

const DIST = new URL('../../packages/core/dist/state/', import.meta.url).href
const RIVALS = 6
const TURNS = 8

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lustrebackup-race-'))
  mkdirSync(join(folder, 'meta'))
})
afterEach(() => rmSync(folder, { recursive: true }))

/** Takes the lock again and again; two holders at once would meet in the folder `inside`. A rival that is to die does so as the holder. */
const rival = (dies: boolean) => `
  const { acquireLock } = await import('${DIST}locks.js')
  const { metaLayout } = await import('${DIST}meta-layout.js')
  const { mkdirSync, rmdirSync } = await import('node:fs')
  const { fileURLToPath } = await import('node:url')
  const log = { debug() {}, info() {}, warning() {}, error() {}, with() { return log } }
  const folder = fileURLToPath('${pathToFileURL(folder).href}')
  for (let turn = 0; turn < ${TURNS}; ) {
    let lock
    try {
      lock = acquireLock('backup', { layout: metaLayout(folder + '/meta'), command: 'rival', log, nowSeconds: 1 })
    } catch (error) {
      if (error.code !== 'LOCKED') throw error
      continue
    }
    mkdirSync(folder + '/inside')
    rmdirSync(folder + '/inside')
    turn += 1
    if (${dies} && turn === ${TURNS}) process.kill(process.pid, 'SIGKILL')
    lock.release()
  }`

function run(dies: boolean): Promise<string> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', rival(dies)], { stdio: ['ignore', 'ignore', 'pipe'] })
  let stderr = ''
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString()
  })
  return new Promise((resolve) => child.once('close', (code, signal) => resolve(`${code ?? signal}${stderr}`)))
}

it('is never held twice, whoever dies with it', async () => {
  const ends = await Promise.all(Array.from({ length: RIVALS }, (_, index) => run(index % 2 === 1)))
  expect(ends).toEqual(Array.from({ length: RIVALS }, (_, index) => (index % 2 === 1 ? 'SIGKILL' : '0')))
  expect(readdirSync(join(folder, 'meta/locks')).filter((name) => name.endsWith('.lock'))).toHaveLength(1)
})
