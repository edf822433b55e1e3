import { closeSync, constants, existsSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs'
import { crashPoint } from '../crash/crash-point.js'
import type { Fid } from '../types/fid.js'

const LINE_BYTES_MAX = 256

/** The large files that one backup has finished, so that a run that continues it does not look at them again: a line each, on disk before the next file begins. */
export class LargeDone {
  readonly #done: Set<string>

  private constructor(
    private readonly fd: number,
    done: readonly string[],
  ) {
    this.#done = new Set(done)
  }

  static open(file: string): LargeDone {
    const text = existsSync(file) ? readFileSync(file, 'latin1') : ''
    // A line that a crash has cut ends without a newline, and is none.
    const lines = text.split('\n').slice(0, -1)
    const fd = openSync(file, constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW, 0o600)
    if (text !== '' && !text.endsWith('\n')) writeSync(fd, '\n')
    return new LargeDone(
      fd,
      lines.filter((line) => line.length < LINE_BYTES_MAX),
    )
  }

  has(fid: Fid): boolean {
    return this.#done.has(fid)
  }

  add(fid: Fid): void {
    writeSync(this.fd, `${fid}\n`)
    crashPoint('large-done.written')
    fsyncSync(this.fd)
    this.#done.add(fid)
  }

  close(): void {
    closeSync(this.fd)
  }
}
