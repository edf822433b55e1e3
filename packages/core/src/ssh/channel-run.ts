import { LustrebackupError } from '../errors/errors.js'
import { DEFAULT_MAX_OUTPUT_BYTES, MAX_STDERR_BYTES } from '../exec/exec-limits.js'
import type { ExecOptions, ExecResult } from '../exec/exec-port.js'
import { OutputTail } from '../exec/output-tail.js'
import { defer } from '../types/deferred.js'
import type { RemoteChannel } from './remote-port.js'
import { connectionLost } from './ssh-errors.js'

/** Feeds a remote command and collects what it says, within its limits; the channel is closed in any case. */
export async function runOnChannel(channel: RemoteChannel, what: string, options: ExecOptions): Promise<ExecResult> {
  const stopped = defer<never>()
  const timer = setTimeout(() => stopped.reject(timedOut(what, options.timeoutSeconds)), options.timeoutSeconds * 1000)
  const aborted = () => stopped.reject(options.signal?.reason)
  options.signal?.addEventListener('abort', aborted)
  if (options.signal?.aborted === true) aborted()
  try {
    return await Promise.race([collect(channel, what, options, stopped.reject), stopped.promise])
  } finally {
    clearTimeout(timer)
    options.signal?.removeEventListener('abort', aborted)
    channel.close()
  }
}

async function collect(channel: RemoteChannel, what: string, options: ExecOptions, stop: (reason: unknown) => void): Promise<ExecResult> {
  const maxBytes = options.maxOutputBytes ?? DEFAULT_MAX_OUTPUT_BYTES
  const stdout: Buffer[] = []
  const stderr = new OutputTail(MAX_STDERR_BYTES)
  let stdoutBytes = 0
  channel.stdout.on('data', (chunk: Buffer) => {
    stdoutBytes += chunk.length
    if (stdoutBytes > maxBytes) stop(new LustrebackupError('EXEC_OUTPUT_TOO_LONG', `${what}: wrote more than ${maxBytes} bytes`))
    else stdout.push(chunk)
  })
  channel.stderr.on('data', (chunk: Buffer) => stderr.add(chunk))
  channel.stdin.end(options.input ?? '')
  const { exitCode, signal } = await channel.exit
  if (exitCode === null && signal === null) {
    throw connectionLost(what)
  }
  return { exitCode, signal, stdout: Buffer.concat(stdout), stderr: stderr.text() }
}

function timedOut(what: string, seconds: number): LustrebackupError {
  return new LustrebackupError('EXEC_TIMEOUT', `${what}: did not end within ${seconds} seconds`)
}
