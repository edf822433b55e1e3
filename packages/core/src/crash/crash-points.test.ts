import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { CRASH_POINTS } from './crash-point-names.js'

const PACKAGES = fileURLToPath(new URL('../../..', import.meta.url))

/** Calls that change something on disk, start a program or a connection. */
const EFFECT =
  /\b(renameSync|linkSync|symlinkSync|unlinkSync|rmSync|rmdirSync|mkdirSync|mkdtempSync|writeFileSync|appendFileSync|copyFileSync|writeSync|ftruncateSync|truncateSync|chmodSync|execa|spawn|clearChangelog|syncfs|namespaceBatch|punchHole|writeAt|truncateTo|openFile|client\.exec|connectSsh2)\(/

/** Lines within which the point has to follow its effect. */
const NEAR = 9

/** Effects that need no point of their own, and why. */
const EXEMPT: Readonly<Record<string, string>> = {
  'crash/crash-point.ts appendFileSync': 'the trace of the test itself',
  'log/open-log.ts mkdirSync': 'nothing is ever read from the log',
  'log/open-log.ts chmodSync': 'nothing is ever read from the log',
  'state/durable.ts mkdirSync': 'its caller has the point',
  'state/own-folder.ts chmodSync': 'every run takes the rights away again',
  'canary/canary-entries.ts writeSync': 'in front of a point: it writes the entries one by one',
  'exec/execa-exec.ts execa': 'its caller has the point',
  'doctor/host-checks.ts rmdirSync': 'a folder of its own that shows whether one can be made, gone at once',
  'filediff/source-file.ts openFile': 'for reading',
  'filediff/source-filediff-run.ts openFile': 'for reading',
  'filediff/target-file.ts openFile': 'the point comes behind what is said of failures',
  'filediff/target-filediff-run.ts mkdtempSync': 'a folder of its own, which nobody finds again',
  'filediff/target-filediff-run.ts copyFileSync': 'a folder of its own, which nobody finds again',
  'filediff/target-filediff-run.ts rmSync': 'a folder of its own, which nobody finds again',
  'lustre/lustre-port.ts clearChangelog': 'a declaration',
  'lustre/native-lustre.ts clearChangelog': 'its caller has the point',
  'verify/content.job.ts openFile': 'for reading',
  'state/line-log.ts writeSync': 'ends a line that a crash has cut',
  'ssh/connect-ssh2.ts connectSsh2': 'a declaration',
  'state/locks.ts rmSync': 'a lock that lost a race, or a temporary name: nobody reads these',
  'state/state-file.ts rmSync': 'a temporary name: nobody reads it',
  'state/state-file.ts writeFileSync': 'its callers have the points',
  'state/state-link.ts rmSync': 'a temporary name: nobody reads it',
  'tree/native-tree.ts namespaceBatch': 'all changes have one point',
}

/** Folders whose effects need no points, and why. */
const EXEMPT_FOLDERS: Readonly<Record<string, string>> = {
  'monitoring/': 'no backup depends on what is told of it; the next run tells it anew',
  'report/': 'no backup depends on its page; what is half written is removed by the next one',
  'restore/': 'a restore keeps no state, writes beside the backup, and is begun anew',
}

interface SourceFile {
  readonly name: string
  readonly lines: readonly string[]
}

const files = sourceFiles()

it('has each of its names at exactly one place', () => {
  const used = files.flatMap(({ lines }) =>
    lines.flatMap((line) => Array.from(line.matchAll(/\bcrashPoint\('([^']+)'/g), ([, name]) => name!)),
  )
  expect(used.toSorted()).toEqual(Object.keys(CRASH_POINTS).toSorted())
})

it('is right behind every effect on disk or network', () => {
  const bare = files.flatMap(({ name, lines }) =>
    lines.flatMap((line, index) => {
      const effect = EFFECT.exec(line)?.[1]
      if (effect === undefined || /^\s*(import|\/\/|\*|\/\*\*|export declare)/.test(line)) return []
      const isNear = lines.slice(index, index + NEAR).some((later) => later.includes('crashPoint('))
      const isExempt = `${name} ${effect}` in EXEMPT || Object.keys(EXEMPT_FOLDERS).some((folder) => name.startsWith(folder))
      return isNear || isExempt ? [] : [`${name}:${index + 1} ${effect}`]
    }),
  )
  expect(bare).toEqual([])
})

function sourceFiles(): SourceFile[] {
  const hasSources = (name: string) => (name === 'core' || name.endsWith('-cli')) && existsSync(join(PACKAGES, name, 'src'))
  return readdirSync(PACKAGES)
    .filter(hasSources)
    .flatMap((folder) => {
      const base = join(PACKAGES, folder, 'src')
      const names = readdirSync(base, { recursive: true, encoding: 'utf8' })
      const own = names.filter((name) => name.endsWith('.ts') && !/\.test\.ts$|(^|\/)testing\//.test(name))
      return own.map((name) => {
        const path = join(base, name)
        return { name: folder === 'core' ? name : relative(PACKAGES, path), lines: readFileSync(path, 'utf8').split('\n') }
      })
    })
}
