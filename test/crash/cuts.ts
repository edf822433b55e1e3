import { join } from 'node:path'
import { argumentsOf, descendantsOf, processIds, signalProcess } from '@lustrebackup/core/exec/process-group'
import type { CommandResult } from '@lustrebackup/lustresim/site/site'
import { Gate } from '../backup/gate.js'
import type { CommandSite } from './command-site.js'
import { CuttingProxy } from './cutting-proxy.js'
import type { RandomSource } from './random-source.js'

/** Bytes that a backup of a command site takes on its way to the source and back, at least. */
const BACKUP_BYTES = 200_000

/** Runs a backup again and again, whose connection is cut after some bytes each time. Gives how the runs ended. */
export async function cutBackups(commands: CommandSite, count: number, random: RandomSource): Promise<CommandResult[]> {
  const { site } = commands
  const proxy = await CuttingProxy.open(site)
  try {
    const host = proxy.host(site)
    const results: CommandResult[] = []
    while (results.length < count) {
      proxy.cutAfter(random.below(BACKUP_BYTES))
      results.push(await site.run(host, 'lustrebackup_target'))
    }
    return results
  } finally {
    proxy.close()
  }
}

/** Who takes part in a transfer, in the middle of it: of the target's children, or on the source. */
export type Victim = 'rsync' | 'ssh' | 'rsync of the source'

/** Runs a backup until data are transferred, and kills a process that takes part. Gives how the run ended. */
export async function killInTransfer(commands: CommandSite, victim: Victim): Promise<CommandResult> {
  const { site, doors } = commands
  const folder = join(site.folder, `gate of ${victim}`)
  const gate = await Gate.create({ folder, program: 'rsync', real: '/usr/bin/rsync', when: '*--inplace*', wait: 'before' })
  doors.before('rsync', `exec '${gate.program}' "$@"`)
  try {
    const running = site.start(site.target, 'lustrebackup_target')
    await gate.reached(running)
    const isVictim = (words: readonly string[]) =>
      victim === 'rsync of the source' ? words.includes(gate.program) : words[0]?.split('/').at(-1) === victim
    const candidates = victim === 'rsync of the source' ? processIds() : descendantsOf(running.pid)
    const pids = candidates.filter((pid) => isVictim(argumentsOf(pid)))
    if (pids.length === 0) throw new Error(`there is no ${victim} to be killed`)
    signalProcess(pids[0]!, 'SIGKILL')
    return await running.result
  } finally {
    gate.close()
    doors.clear()
  }
}
