import { ErrnoError, type FailedCall } from './errno.js'

/** The library is not open, or lacks a call. */
export class LustreapiError extends Error {
  override readonly name = 'LustreapiError'
  readonly code: string

  constructor(code: string, message: string) {
    super(message)
    this.code = code
  }
}

type Call = Omit<FailedCall, 'errno' | 'detail'>

/** The value of a synchronous call, or the error that its negative errno stands for. */
export function checked<T>(result: T | number, call: Call): T {
  if (typeof result === 'number' && result < 0) throw new ErrnoError({ ...call, errno: -result })
  return result as T
}

/** Runs a native call; what it throws or rejects with becomes an ErrnoError or a LustreapiError. */
export async function settle<T>(start: () => Promise<T>, path: Uint8Array | null = null): Promise<T> {
  try {
    return await start()
  } catch (error) {
    throw translate(error, path)
  }
}

/** The error of the binding for one of the addon; anything else stays what it is. */
export function translate(error: unknown, path: Uint8Array | null = null): unknown {
  if (!(error instanceof Error)) return error
  const { errno, syscall, code, message } = error as Error & { errno?: number; syscall?: string; code?: string }
  if (errno !== undefined && syscall !== undefined) return new ErrnoError({ errno, syscall, path, detail: message })
  if (code?.startsWith('LUSTREAPI_')) return new LustreapiError(code, message)
  return error
}

/** Bytes of a name or path that the configuration gives as text. */
export function toBytes(text: string | Uint8Array): Uint8Array {
  return typeof text === 'string' ? Buffer.from(text) : text
}
