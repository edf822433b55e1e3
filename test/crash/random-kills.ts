import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { REACH_BYTES } from '@lustrebackup/core/backupmap/area'
import type { CommandResult } from '@lustrebackup/lustresim/site/site'
import fc from 'fast-check'
import { anyHistory } from '../fuzz/arbitrary.js'
import { isBackupOperation, type UserOperation } from '../fuzz/operations.js'
import { Users } from '../fuzz/users.js'
import { CommandSite } from './command-site.js'
import { CuttingProxy } from './cutting-proxy.js'
import { dieSomehow } from './deaths.js'
import { RandomSource } from './random-source.js'

const INCOMPLETE = 6
const LOCKED = 3
const MAX_DEATHS = 4

export interface KillsOptions {
  readonly seed: number
  readonly seconds: number
  /** Told of each death, and of each backup that ended as it should. */
  readonly say: (line: string) => void
}

/** Backups whose commands are killed in every way, again and again; what is left of them is finished, and has to be as if nothing had been. */
export async function runRandomKills({ seed, seconds, say }: KillsOptions): Promise<{ backups: number; deaths: number }> {
  const random = new RandomSource(seed)
  const commands = await CommandSite.open()
  const proxy = await CuttingProxy.open(commands.site)
  const users = new Users(
    commands.site.source.filesystem,
    { mdts: 2, area: 'whole', largeBytes: 4096, reachBytes: REACH_BYTES, compareDays: 'always' },
    () => undefined,
  )
  const end = performance.now() + seconds * 1000
  const count = { backups: 0, deaths: 0 }
  const die = async (command: string) => {
    const { how, result } = await dieSomehow(commands, command, random, proxy)
    if (result.exitCode !== 0) count.deaths += 1
    say(`  ${how}: ${endOf(result)}`)
    assertNoBug(how, result)
  }
  try {
    while (performance.now() < end) {
      for (const operation of someOperations(random)) users.perform(operation)
      commands.change()
      commands.site.source.filesystem.sync()
      if (random.below(3) === 0) await die('lustrebackup_snapshot_create')
      await commands.snapshot()
      for (let deaths = random.below(3); deaths > 0; deaths -= 1) await die('lustrebackup_source_map')
      await commands.succeed(commands.site.source, 'lustrebackup_source_map')
      for (let deaths = 1 + random.below(MAX_DEATHS); deaths > 0; deaths -= 1) await die('lustrebackup_target')
      commands.doors.clear()
      proxy.cutAfter(Number.POSITIVE_INFINITY)
      await settle(commands)
      await commands.finish()
      count.backups += 1
      say(`seed ${seed}: ${count.backups} backups, ${count.deaths} deaths, equal each time`)
    }
    return count
  } catch (error) {
    throw new Error(`seed ${seed}, backup ${count.backups + 1}`, { cause: error })
  } finally {
    proxy.close()
    await commands.close()
  }
}

/** Runs of processes that nobody killed may still hold a lock; what was owed comes with the next backup. */
async function settle(commands: CommandSite): Promise<void> {
  const { site } = commands
  for (let runs = 0; ; runs += 1) {
    const result = await site.run(site.target, 'lustrebackup_target')
    assertNoBug('lustrebackup_target', result)
    if (result.exitCode === 0) return
    if (runs > 200 || (result.exitCode !== LOCKED && result.exitCode !== INCOMPLETE)) throw new Error(`the run after it: ${endOf(result)}`)
    if (result.exitCode === LOCKED) await endOfProcess(holderOf(result))
    else {
      await commands.snapshot()
      await commands.succeed(site.source, 'lustrebackup_source_map')
    }
  }
}

/** The process that holds a lock, as a refused run names it. */
function holderOf({ stderr }: CommandResult): number {
  const named = /another run holds the lock .*, process (\d+) on /.exec(stderr)
  if (named === null) throw new Error(`who holds the lock is not said: ${stderr}`)
  return Number(named[1])
}

/** Settles when a process, which need not be a child, is no more. */
async function endOfProcess(pid: number): Promise<void> {
  await promisify(execFile)('tail', ['--sleep-interval=0.1', `--pid=${pid}`, '-f', '/dev/null'], { timeout: 60_000 })
}

function someOperations(random: RandomSource): UserOperation[] {
  const [[, operations]] = fc.sample(anyHistory, { numRuns: 1, seed: random.below(2 ** 31) }) as [
    typeof anyHistory extends fc.Arbitrary<infer T> ? T : never,
  ]
  const users = operations.filter((operation): operation is UserOperation => !isBackupOperation(operation))
  return users.filter((operation) => !changesRoot(operation)).slice(0, 60)
}

/** The state lies beneath the root of the file system, and commands refuse a root that is somebody else's. */
function changesRoot([kind, path]: UserOperation): boolean {
  return (kind === 'chown' || kind === 'chmod') && path === ''
}

function assertNoBug(how: string, { stderr }: CommandResult): void {
  if (stderr.includes('this is a bug in lustrebackup')) throw new Error(`${how}: ${stderr}`)
}

function endOf({ exitCode, stderr }: CommandResult): string {
  const said = stderr.split('\n').filter((line) => line !== '' && !line.includes('warning:'))
  return `${exitCode === null ? 'killed' : `exit code ${exitCode}`}${said.length === 0 ? '' : `, ${said[0]}`}`
}
