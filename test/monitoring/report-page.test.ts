import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { renderReport } from '@lustrebackup/core/report/render-report'
import { sampleReport } from '@lustrebackup/core/report/testing/sample-report'
import { expect, it } from 'vitest'
import { type Picture, readPng } from './read-png.js'

const CHROMIUM = '/usr/bin/chromium'
const WIDTH = 1000
const HEIGHT = 2400
/** As `report-style.ts` has them for readers who want it light. */
const COLOURS = { paper: '#ffffff', bar: '#2f6fab', marked: '#c2571a' }

/** A browser takes seconds and is not on every machine: LUSTREBACKUP_BROWSER_TEST=1 asks for it. */
const missing =
  process.env.LUSTREBACKUP_BROWSER_TEST !== '1'
    ? 'skipped: LUSTREBACKUP_BROWSER_TEST=1 is not set'
    : existsSync(CHROMIUM)
      ? null
      : `skipped: ${CHROMIUM} is missing (apt-get install chromium)`

it('the page of a report looks right in a browser', (context) => {
  if (missing !== null) return context.skip(missing)
  const folder = mkdtempSync(join(tmpdir(), 'lustrebackup-page-'))
  try {
    const [page, picture] = [join(folder, 'page.html'), join(folder, 'page.png')]
    writeFileSync(page, renderReport(sampleReport()))
    const options = ['--headless', '--no-sandbox', '--disable-gpu', '--hide-scrollbars', `--user-data-dir=${folder}/profile`]
    execFileSync(CHROMIUM, [...options, `--window-size=${WIDTH},${HEIGHT}`, `--screenshot=${picture}`, `file://${page}`], {
      stdio: 'ignore',
      timeout: 120_000,
    })
    const seen = readPng(readFileSync(picture))
    expect([seen.width, seen.height]).toEqual([WIDTH, HEIGHT])
    const share = count(seen, 0, WIDTH)
    expect(share.get(COLOURS.bar)).toBeGreaterThan(0.03)
    expect(share.get(COLOURS.marked)).toBeGreaterThan(0.002)
    expect(share.get(COLOURS.paper)).toBeGreaterThan(0.5)
    // Nothing reaches out of the page.
    for (const margin of [count(seen, 0, 20), count(seen, WIDTH - 20, WIDTH)]) expect([...margin.keys()]).toEqual([COLOURS.paper])
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})

/** Share of each colour between two columns of a picture. */
function count(picture: Picture, from: number, to: number): Map<string, number> {
  const shares = new Map<string, number>()
  const one = 1 / ((to - from) * picture.height)
  for (let y = 0; y < picture.height; y += 1) {
    for (let x = from; x < to; x += 1) {
      const colour = picture.colourAt(x, y)
      shares.set(colour, (shares.get(colour) ?? 0) + one)
    }
  }
  return shares
}
