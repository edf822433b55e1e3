import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'

const TICKS = 100

/** Seconds of processor time that the whole machine has spent. */
function machineCpuSeconds() {
  const fields = readFileSync('/proc/stat', 'latin1').split('\n')[0].trim().split(/ +/).slice(1).map(Number)
  const [user, nice, system, , , interrupts, softInterrupts, stolen] = fields
  return (user + nice + system + interrupts + softInterrupts + stolen) / TICKS
}

/** Seconds of processor time of a process and of all that it has waited for. */
function cpuSeconds(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1')
    .replace(/^.*\) /s, '')
    .split(' ')
  return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) / TICKS
}

/**
 * Runs a command to its end. CPU time is that of the command and of the sshd that serves it (`sshdPid`, where there is one), with all their children; peak memory that of the
 * largest process of the command. What everything else on the machine used meanwhile tells how much its time is worth.
 */
export async function measure(command, args, { sshdPid = null, stdout = 'ignore', env = process.env }) {
  const serverBefore = sshdPid === null ? 0 : cpuSeconds(sshdPid)
  const machineBefore = machineCpuSeconds()
  const started = performance.now()
  const child = spawn('/usr/bin/time', ['-q', '-f', '%U %S %M', command, ...args], {
    stdio: ['ignore', stdout, 'pipe'],
    env,
    detached: true,
  })
  // A bench that is stopped leaves nothing running.
  const endGroup = () => process.kill(-child.pid, 'SIGTERM')
  process.on('exit', endGroup)
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (text) => {
    stderr += text
  })
  const exitCode = await new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', resolve)
  }).finally(() => process.off('exit', endGroup))
  const seconds = (performance.now() - started) / 1000
  const machineSeconds = machineCpuSeconds() - machineBefore
  if (exitCode !== 0) throw new Error(`${command} ${args.join(' ')} failed with exit code ${exitCode}: ${stderr}`)
  const [user, system, kib] = stderr.trim().split('\n').at(-1).split(' ').map(Number)
  const server = sshdPid === null ? 0 : await serverCpu(sshdPid, serverBefore)
  const own = user + system + server
  return { seconds, cpuSeconds: own, otherCpuSeconds: Math.max(0, machineSeconds - own), peakMib: kib / 1024 }
}

/** sshd counts its children when it has waited for them, a moment after the connection has ended. */
async function serverCpu(pid, before) {
  let last = -1
  for (let now = cpuSeconds(pid); now !== last; now = cpuSeconds(pid)) {
    last = now
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
  return last - before
}
