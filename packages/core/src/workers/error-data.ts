import { type ExitCode, LustrebackupError, reasonOf } from '../errors/errors.js'
import type { ErrorData } from './worker-types.js'

export function dataFromError(error: unknown): ErrorData {
  const stack = error instanceof Error ? (error.stack ?? null) : null
  if (!(error instanceof LustrebackupError)) return { message: reasonOf(error), stack, coded: null }
  const reason = error.cause === undefined ? '' : reasonOf(error.cause)
  const cause = error.message.includes(reason) ? '' : `: ${reason}`
  return { message: error.message + cause, stack, coded: { code: error.code, exitCode: error.exitCode, hint: error.hint } }
}

export function errorFromData(data: ErrorData): Error {
  const error =
    data.coded === null
      ? new Error(data.message)
      : new LustrebackupError(data.coded.code, data.message, {
          exitCode: data.coded.exitCode as ExitCode,
          ...(data.coded.hint === null ? {} : { hint: data.coded.hint }),
        })
  if (data.stack !== null) error.stack = data.stack
  return error
}
