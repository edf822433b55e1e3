import { percentEncode } from '../types/path-bytes.js'

export interface SourceWordsRequest {
  /** Configuration file on the source. */
  readonly conf: string
  /** Absolute path of the file on the source. */
  readonly path: Buffer
  readonly blockSize: number | null
  readonly offset: bigint | null
  readonly end: bigint | null
  /** The size that the file must have. */
  readonly filesize: bigint | null
  readonly attributes: boolean
  readonly headerSize: number
  readonly disableLog: boolean
}

/** The command line of the source end: words that no shell changes and that the forced command of the source knows. */
export function planSourceWords(request: SourceWordsRequest): string[] {
  const number = (option: string, value: bigint | number | null) => (value === null ? [] : [option, value.toString()])
  return [
    'lustrebackup_source_filediff',
    '-c',
    request.conf,
    ...number('-b', request.blockSize),
    ...number('-o', request.offset),
    ...number('-e', request.end),
    ...number('-s', request.filesize),
    '-f',
    percentEncode(request.path),
    ...(request.attributes ? ['-a'] : []),
    ...number('-n', request.headerSize),
    ...(request.disableLog ? ['-d'] : []),
  ]
}
