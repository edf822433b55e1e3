import { execa } from 'execa'
import { crashPoint } from '../crash/crash-point.js'
import { LustrebackupError } from '../errors/errors.js'
import { defer } from '../types/deferred.js'
import { childEnvironment } from './child-environment.js'
import { DEFAULT_MAX_OUTPUT_BYTES, MAX_STDERR_BYTES } from './exec-limits.js'
import type { Exec, ExecOptions, ExecResult } from './exec-port.js'
import { OutputTail } from './output-tail.js'
import { signalGroup } from './process-group.js'

/** Between asking a group to end and killing it, and between killing it and no longer waiting for it. */
const GRACE_MS = 2000

export interface ExecSettings {
  /** PATH of every child. */
  readonly commandPath: string
  /** The environment of this process. */
  readonly environment: NodeJS.ProcessEnv
}

/** `Exec` with execa: each child leads a process group and session of its own, which ends with the call. */
export function createExec({ commandPath, environment }: ExecSettings): Exec {
  const env = childEnvironment(commandPath, environment)
  return { run: (command, args, options) => runChild(command, args, options, env) }
}

type Child = ReturnType<typeof startChild>
type Settled = Awaited<Child>

async function runChild(command: string, args: readonly string[], options: ExecOptions, env: Record<string, string>): Promise<ExecResult> {
  options.signal?.throwIfAborted()
  const stderr = new OutputTail(MAX_STDERR_BYTES)
  const child = startChild(command, args, options, env)
  crashPoint('exec.started', command)
  child.stderr?.on('data', (chunk: Buffer) => stderr.add(chunk))
  const result = await settledOrStopped(child, command, options)
  crashPoint('exec.ended', command)
  if (result.isMaxBuffer) throw new LustrebackupError('EXEC_OUTPUT_TOO_LONG', `${command} wrote more than ${maxOutput(options)} bytes`)
  if (result.code !== undefined && result.exitCode === undefined && result.signal === undefined) throw notStarted(command, result, env)
  return {
    exitCode: result.exitCode ?? null,
    signal: result.signal ?? null,
    stdout: Buffer.from(result.stdout ?? []),
    stderr: stderr.text(),
  }
}

function startChild(command: string, args: readonly string[], options: ExecOptions, env: Record<string, string>) {
  return execa(command, args, {
    cwd: '/',
    env: { ...env, ...options.environment },
    extendEnv: false,
    detached: true,
    cleanup: false,
    reject: false,
    encoding: 'buffer',
    stripFinalNewline: false,
    buffer: { stdout: true, stderr: false },
    maxBuffer: maxOutput(options),
    ...(options.input === undefined ? { stdin: 'ignore' as const } : { input: options.input }),
  })
}

function maxOutput(options: ExecOptions): number {
  return options.maxOutputBytes ?? DEFAULT_MAX_OUTPUT_BYTES
}

/** The child's end; or, when time is up or the run is aborted, the error, after the group has been killed. */
async function settledOrStopped(child: Child, command: string, options: ExecOptions): Promise<Settled> {
  const { pid } = child
  if (pid === undefined) return child
  const stop = stopReason(command, options)
  // What it left in the background goes with it; otherwise such a process would keep our end of its output open.
  child.once('exit', () => signalGroup(pid, 'SIGKILL'))
  try {
    return await Promise.race([child, stop.promise])
  } catch (error) {
    await endGroup(child, pid)
    throw error
  } finally {
    stop.cancel()
  }
}

function stopReason(command: string, options: ExecOptions): { readonly promise: Promise<never>; cancel(): void } {
  const { promise, reject } = defer<never>()
  promise.catch(() => undefined)
  const timer = setTimeout(() => reject(timedOut(command, options.timeoutSeconds)), options.timeoutSeconds * 1000)
  const aborted = () => reject(options.signal?.reason)
  options.signal?.addEventListener('abort', aborted)
  const cancel = () => {
    clearTimeout(timer)
    options.signal?.removeEventListener('abort', aborted)
  }
  return { promise, cancel }
}

/** A process that waits for a dead file system cannot even be killed: it is left behind rather than waited for without end. */
async function endGroup(child: Child, pid: number): Promise<void> {
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    signalGroup(pid, signal)
    const grace = defer<false>()
    const timer = setTimeout(() => grace.resolve(false), GRACE_MS)
    const ended = await Promise.race([child.then(() => true), grace.promise])
    clearTimeout(timer)
    if (ended) return
  }
  child.unref()
  child.stdout?.destroy()
  child.stderr?.destroy()
}

function timedOut(command: string, seconds: number): LustrebackupError {
  return new LustrebackupError('EXEC_TIMEOUT', `${command} did not end within ${seconds} seconds and was stopped`)
}

function notStarted(command: string, result: Settled, env: Record<string, string>): LustrebackupError {
  return new LustrebackupError(
    'EXEC_NOT_FOUND',
    `cannot start ${command}: ${result.code === 'ENOENT' ? 'there is no such program' : result.code}`,
    {
      hint: command.includes('/')
        ? 'install it, or correct its path in the configuration'
        : `install it, or add its folder to [SYSTEM] command_path (now ${env.PATH})`,
      cause: result.cause,
    },
  )
}
