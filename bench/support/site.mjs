import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { Site } from '../../packages/lustresim/dist/site/site.js'
import { benchPrefix } from './prefix.mjs'

/** A site of two simulated hosts with the commands of this checkout, as installed. */
export async function openBenchSite(settings = {}) {
  return await Site.create({ prefix: await benchPrefix(), mdts: 1, ...settings })
}

/** A bench that is stopped leaves no sshd and no mount behind. */
export function closeWhenStopped(...opened) {
  const stop = () => void Promise.allSettled(opened.map((one) => one.close())).finally(() => process.exit(130))
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, stop)
}

/** Runs an installed command to its end; another exit code than 0 ends the bench. */
export async function runCommand(site, host, command, ...args) {
  const result = await site.run(host, command, ...args)
  if (result.exitCode !== 0) throw new Error(`${command} failed with exit code ${result.exitCode}: ${result.stderr}`)
  return result
}

/** sshd writes it a moment after it says that it listens. */
export function sshdPid(sshd) {
  return Number(readFileSync(join(dirname(sshd.hostKeyFile), 'pid'), 'latin1'))
}
