import { PassThrough } from 'node:stream'
import { parseArgs } from 'node:util'
import type { Config } from '@lustrebackup/core/config/config-types'
import { HEADER_SIZE_DEFAULT } from '@lustrebackup/core/filediff/filediff-types'
import { runSourceFilediff, type SourceFilediffOptions } from '@lustrebackup/core/filediff/source-filediff-run'
import type { RemoteChannel } from '@lustrebackup/core/ssh/remote-port'
import { percentDecode } from '@lustrebackup/core/types/path-bytes'

/** The source end of filediff in this process, with the words that a source would be asked to run. */
export function openFilediffChannel(words: readonly string[], config: Config): RemoteChannel {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()]
  const run = runSourceFilediff(parseWords(words), config, { input: stdin, output: stdout, outputFd: null })
  const exit = run.then(
    () => ({ exitCode: 0, signal: null }),
    () => ({ exitCode: 1, signal: null }),
  )
  void exit.finally(() => stdout.end())
  return { stdin, stdout, stderr, exit, close: () => [stdin, stdout, stderr].forEach((stream) => void stream.destroy()) }
}

function parseWords(words: readonly string[]): SourceFilediffOptions {
  const text = { type: 'string' } as const
  const flag = { type: 'boolean' } as const
  const options = {
    ...{ conf: { ...text, short: 'c' }, block: { ...text, short: 'b' }, offset: { ...text, short: 'o' }, end: { ...text, short: 'e' } },
    ...{ size: { ...text, short: 's' }, file: { ...text, short: 'f' }, header: { ...text, short: 'n' } },
    ...{ attributes: { ...flag, short: 'a' }, quiet: { ...flag, short: 'd' } },
  }
  const { values } = parseArgs({ args: words.slice(1), options })
  return {
    path: percentDecode(values.file!)!,
    offset: values.offset === undefined ? null : BigInt(values.offset),
    end: values.end === undefined ? null : BigInt(values.end),
    filesize: values.size === undefined ? null : BigInt(values.size),
    attributes: values.attributes ?? false,
    headerSize: Number(values.header ?? HEADER_SIZE_DEFAULT),
    blockSize: values.block === undefined ? null : Number(values.block),
  }
}
