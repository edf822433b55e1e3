import { setTimeout as sleep } from 'node:timers/promises'
import { CRASH_POINTS } from '@lustrebackup/core/crash/crash-point-names'
import { argumentsOf, descendantsOf, killWithChildren, processIds, signalProcess } from '@lustrebackup/core/exec/process-group'
import type { CommandResult, Host, RunningCommand } from '@lustrebackup/lustresim/site/site'
import type { CommandSite } from './command-site.js'
import type { CuttingProxy } from './cutting-proxy.js'
import type { RandomSource } from './random-source.js'

const KINDS = ['point', 'kill', 'kill with children', 'signal', 'child', 'source point', 'source process', 'cut'] as const
type Kind = (typeof KINDS)[number]
const SOURCE_COMMANDS = ['lustrebackup_source_init', 'lustrebackup_source_done', 'lustrebackup_source_filediff']
/** What each command can pass, by the names of its points. */
const OWN_POINTS = [
  [/snapshot_create/, /^(folder|state|lock|exec|canary)/],
  [/source_map/, /^(folder|state|lock|exec|mount|map)/],
  [/source_(init|done)/, /^(state|lock|exec|mount|changelog)/],
  [/source_filediff/, /^filediff.answered/],
  [/target/, /^(folder|state|lock|exec|ssh|fetch|list|work|old-map|root-list|transfer|staging|drift|tree|large|filediff|kept)/],
] as const

/** A run that is hit later than this has ended. */
const MAX_SECONDS = 3
const MAX_BYTES = 100_000

/** What was done to a command, and how it ended. */
export interface Died {
  readonly how: string
  readonly result: CommandResult
}

/** Lets a command die, or what it depends on: somewhere, in some way. Often enough it has ended before. */
export async function dieSomehow(commands: CommandSite, command: string, random: RandomSource, proxy: CuttingProxy): Promise<Died> {
  const isTarget = command === 'lustrebackup_target'
  const { source } = commands.site
  const host = isTarget ? proxy.host(commands.site) : source
  const args = command === 'lustrebackup_snapshot_create' ? ['-n', commands.snapshotName()] : []
  const kind = random.one(isTarget ? KINDS : KINDS.slice(0, 5))
  const seconds = random.fraction() * MAX_SECONDS
  switch (kind) {
    case 'point': {
      const order = `${random.one(pointsOf(command))}:${1 + random.below(4)}`
      return { how: `${command} at ${order}`, result: await commands.start(host, command, args, order).result }
    }
    case 'source point': {
      const program = random.one(SOURCE_COMMANDS)
      const order = `${random.one(pointsOf(program))}:${1 + random.below(3)}`
      commands.doors.crashAt(program, order)
      return { how: `${program} at ${order}`, result: await run(commands, host, command, args).result }
    }
    case 'cut': {
      const bytes = random.below(MAX_BYTES)
      proxy.cutAfter(bytes)
      return { how: `cut after ${bytes} bytes`, result: await run(commands, host, command, args).result }
    }
    default: {
      const running = run(commands, host, command, args)
      await Promise.race([sleep(seconds * 1000), running.result])
      const hit = strike(kind, running, commands, random)
      return { how: `${command}: ${kind} after ${seconds.toFixed(2)} s, hit ${hit}`, result: await running.result }
    }
  }
}

/** Points that a command may pass. */
function pointsOf(command: string): string[] {
  const all = Object.keys(CRASH_POINTS)
  const own = OWN_POINTS.find(([pattern]) => pattern.test(command))![1]
  return all.filter((name) => own.test(name))
}

function run({ site }: CommandSite, host: Host, command: string, args: readonly string[]): RunningCommand {
  return site.start(host, command, ...args)
}

/** Gives what was hit. */
function strike(kind: Kind, { pid }: RunningCommand, { site }: CommandSite, random: RandomSource): string {
  if (argumentsOf(pid).length === 0) return 'nothing, it had ended'
  if (kind === 'kill') signalProcess(pid, 'SIGKILL')
  if (kind === 'kill with children') killWithChildren(pid)
  if (kind === 'signal') signalProcess(pid, random.one(['SIGINT', 'SIGTERM', 'SIGHUP'] as const))
  if (kind !== 'child' && kind !== 'source process') return `process ${pid}`
  const isOurs = (words: readonly string[]) =>
    kind === 'child'
      ? /(^|\/)(rsync|ssh)$/.test(words[0] ?? '')
      : words.some((word) => word.includes(site.folder)) && words.some((word) => /lustrebackup_source_|^--sender$/.test(word))
  const candidates = (kind === 'child' ? descendantsOf(pid) : processIds()).filter((one) => isOurs(argumentsOf(one)))
  if (candidates.length === 0) return 'nothing, there was none'
  const victim = random.one(candidates)
  const words = argumentsOf(victim)
  signalProcess(victim, 'SIGKILL')
  return `${words.slice(0, 3).join(' ')}`
}
