import type { CommandSpec } from '@lustrebackup/core/cli/command-types'
import { byteCount } from '@lustrebackup/core/cli/option-values'
import { HEADER_SIZE_DEFAULT } from '@lustrebackup/core/filediff/filediff-types'
import { blockSize, headerSize, percentPath } from '@lustrebackup/core/filediff/option-values'

interface FilediffOptions {
  readonly blocksize?: number
  readonly offset?: bigint
  readonly end?: bigint
  readonly filesize?: bigint
  readonly filepath: Buffer
  readonly attributes: boolean
  readonly headersize: number
}

export const sourceFilediff: CommandSpec<FilediffOptions> = {
  name: 'lustrebackup_source_filediff',
  description: 'Source end of filediff: serves a file of a mounted snapshot over stdin and stdout. Started by the target.',
  declare: (program) =>
    void program
      .requiredOption('-f, --filepath <path>', 'absolute path of the file beneath snapshot_home, percent-encoded', percentPath)
      .option('-b, --blocksize <bytes>', 'the size of block that the target must ask for', blockSize)
      .option('-o, --offset <bytes>', 'where the part that may be asked for begins', byteCount)
      .option('-e, --end <bytes>', 'where it ends', byteCount)
      .option('-s, --filesize <bytes>', 'the size that the file must have', byteCount)
      .option('-a, --attributes', 'send the extended attributes, ACLs among them', false)
      .option('-n, --headersize <bytes>', 'longest message with digests to accept', headerSize, HEADER_SIZE_DEFAULT)
      .option('-d, --disable-log', 'write nothing to the log file', false),
  run: async ({ options, openApp }) => {
    // It writes nothing, and reads in a mounted snapshot only: what is mounted elsewhere has no part in it.
    const app = await openApp('source', { evenUnmounted: true })
    const { runSourceFilediff } = await import('@lustrebackup/core/filediff/source-filediff-run')
    const { blocksize, offset, end, filesize, filepath, attributes, headersize } = options
    const request = {
      path: filepath,
      blockSize: blocksize ?? null,
      offset: offset ?? null,
      end: end ?? null,
      filesize: filesize ?? null,
      attributes,
      headerSize: headersize,
    }
    const stop = () => process.stdin.destroy(app.signal.reason as Error)
    app.signal.addEventListener('abort', stop, { once: true })
    const { dataBytes, sizeBytes } = await runSourceFilediff(request, app.config, {
      input: process.stdin,
      output: process.stdout,
      outputFd: process.stdout.fd,
    })
    app.logFile.info('served a file', { path: filepath, dataBytes, sizeBytes })
    return undefined
  },
}
