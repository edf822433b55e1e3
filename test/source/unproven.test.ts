import { EXIT } from '@lustrebackup/core/errors/errors'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { SourceSite, type SourceSiteOptions } from './source-site.js'

const DOUBT = 'the changelog of MDT0001 lacks the RENME records'

let site: SourceSite
beforeEach(() => open())
afterEach(() => site.close())

function open(options: SourceSiteOptions = {}): void {
  site = new SourceSite(options)
}

/** A map of a snapshot made now, whose changelogs are doubted or not. */
async function mapOf(doubts: Partial<SourceSite['doubts']>, full = false) {
  site.doubts = { atSnapshot: [], sinceBase: [], ...doubts }
  site.fs.writeFile('f', String(site.context.nowSeconds()))
  site.snapshot()
  const result = await site.map({ full })
  return result.kind === 'made' ? result : null
}

async function backUp(): Promise<void> {
  const { backup } = await site.init()
  await site.done(backup!.timestamp)
}

const refused = (reason: string) => ({
  code: 'INCREMENTAL_IMPOSSIBLE',
  exitCode: EXIT.fullMapNeeded,
  message: expect.stringContaining(reason),
})

it('a snapshot whose changelogs are not proven gets no incremental map', async () => {
  await mapOf({})
  await backUp()
  await expect(mapOf({ atSnapshot: [DOUBT] })).rejects.toMatchObject(refused(DOUBT))
  await expect(mapOf({ sinceBase: [DOUBT] })).rejects.toMatchObject(refused(DOUBT))
  expect((await mapOf({}))?.header.kind).toBe('incremental')
})

it('nor does one that is proven, from a base that is not', async () => {
  expect((await mapOf({ atSnapshot: [DOUBT] }))?.header).toMatchObject({ kind: 'full', unproven: [DOUBT] })
  await backUp()
  await expect(mapOf({})).rejects.toMatchObject(refused(DOUBT))
  expect((await mapOf({}, true))?.header).toMatchObject({ kind: 'full', unproven: [] })
  await backUp()
  expect((await mapOf({}))?.header.kind).toBe('incremental')
})

it('a full map comes instead where the configuration says so', async () => {
  site.close()
  open({ backup: { onChangelogGap: 'full' } })
  await mapOf({})
  await backUp()
  expect(await mapOf({ sinceBase: [DOUBT] })).toMatchObject({ header: { kind: 'full', unproven: [] }, reasons: [DOUBT] })
})
