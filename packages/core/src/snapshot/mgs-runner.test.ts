import { describe, expect, it } from 'vitest'
import type { ExecResult } from '../exec/exec-port.js'
import type { RemoteHost } from '../ssh/remote-port.js'
import { joinWords } from '../ssh/remote-words.js'
import { remoteMgsRunner } from './mgs-runner.js'

const PROBE = ['lctl', 'snapshot_list', '-F', 'src']
const answer = (exitCode: number, stdout = '', stderr = ''): ExecResult => ({ exitCode, signal: null, stdout: Buffer.from(stdout), stderr })

type Answers = Readonly<Record<string, () => ExecResult>>

/** A host that answers from a table that a test may change, and remembers what it was asked. */
function host(name: string, answers: { now: Answers }, asked: string[]): RemoteHost {
  return {
    name,
    warm: () => Promise.resolve(),
    run: async (words) => {
      const command = joinWords(words)
      asked.push(`${name}: ${command}`)
      const reply = answers.now[command]
      if (reply === undefined) throw new Error(`${name} is down`)
      return reply()
    },
    open: () => Promise.reject(new Error('not used')),
    roundTripMs: async () => 0,
    close: () => Promise.resolve(),
  }
}

const STATUS = '/etc/init.d/lustre status MGS'
const LIST = 'lctl snapshot_list -F src'
const active: Answers = { [STATUS]: () => answer(0, 'running\n'), go: () => answer(0, 'done') }
const passive: Answers = { [STATUS]: () => answer(3, 'not running\n'), go: () => answer(1) }
const noScript = (isMgs: boolean): Answers => ({
  [STATUS]: () => answer(127, '', 'not found'),
  [LIST]: () => (isMgs ? answer(0) : answer(1, '', 'Miss MDT0')),
  go: () => answer(0, 'done'),
})

function runner(...tables: { now: Answers }[]) {
  const asked: string[] = []
  const hosts = tables.map((answers, index) => host(`mgs${index + 1}`, answers, asked))
  const mgs = remoteMgsRunner(hosts, PROBE, 60)
  return { asked, go: () => mgs.run(['go'], { timeoutSeconds: 60 }) }
}

describe('the active MGS', () => {
  it('of one host is not looked for', async () => {
    const { asked, go } = runner({ now: passive })
    await go()
    expect(asked).toEqual(['mgs1: go'])
  })

  it('is the one that says running, and is looked for once', async () => {
    const { asked, go } = runner({ now: passive }, { now: active })
    await go()
    await go()
    expect(asked).toEqual([`mgs1: ${STATUS}`, `mgs2: ${STATUS}`, 'mgs2: go', 'mgs2: go'])
  })

  it('is found past a host that is down', async () => {
    const { go } = runner({ now: {} }, { now: active })
    expect((await go()).stdout.toString()).toBe('done')
  })

  it('is the first that can list where there is no such script', async () => {
    const { asked, go } = runner({ now: noScript(false) }, { now: noScript(true) })
    await go()
    expect(asked.at(-1)).toBe('mgs2: go')
  })

  it('is looked for again after it was lost', async () => {
    const [first, second] = [{ now: active }, { now: passive }]
    const { asked, go } = runner(first, second)
    await go()
    first.now = {}
    second.now = active
    await expect(go()).rejects.toThrow('mgs1 is down')
    await go()
    expect(asked.at(-1)).toBe('mgs2: go')
  })

  it('that runs nowhere is told with the reason of each host', async () => {
    const { go } = runner({ now: passive }, { now: {} }, { now: noScript(false) })
    await expect(go()).rejects.toMatchObject({
      code: 'MGS_NOT_FOUND',
      message: expect.stringMatching(/mgs1: .*not running.*; mgs2: mgs2 is down; mgs3: .*Miss MDT0/),
    })
  })
})
