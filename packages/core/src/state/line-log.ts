import { closeSync, constants, existsSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs'
import { crashPoint } from '../crash/crash-point.js'
import { writing } from './unwritable.js'

const { O_APPEND, O_CREAT, O_NOFOLLOW, O_WRONLY } = constants

/** A file of lines that only grows. Each line is on disk when `append` returns, or the error says by name why not. */
export class LineLog {
  private constructor(
    private readonly file: string,
    private readonly fd: number,
    /** What the file held when it was opened. */
    readonly lines: readonly string[],
  ) {}

  /** Makes the file where there is none. A last line without its newline was cut by a crash, and is none. */
  static open(file: string): LineLog {
    const text = existsSync(file) ? readFileSync(file, 'utf8') : ''
    return writing(file, () => {
      const fd = openSync(file, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW, 0o600)
      if (text !== '' && !text.endsWith('\n')) writeSync(fd, '\n')
      return new LineLog(file, fd, text.split('\n').slice(0, -1))
    })
  }

  append(line: string): void {
    writing(this.file, () => {
      writeSync(this.fd, `${line}\n`)
      crashPoint('line.appended', this.file)
      fsyncSync(this.fd)
    })
  }

  close(): void {
    closeSync(this.fd)
  }
}
