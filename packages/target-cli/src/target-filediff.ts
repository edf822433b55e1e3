import type { CommandContext, CommandSpec } from '@lustrebackup/core/cli/command-types'
import { byteCount } from '@lustrebackup/core/cli/option-values'
import { HEADER_SIZE_DEFAULT } from '@lustrebackup/core/filediff/filediff-types'
import { blockSize, headerSize, sshOptions } from '@lustrebackup/core/filediff/option-values'

interface FilediffOptions {
  readonly local: string
  readonly remote: string
  readonly blocksize?: number
  readonly offset?: bigint
  readonly end?: bigint
  readonly previousChecksum?: string
  readonly saveChecksum?: string
  readonly sshOptions?: readonly string[]
  readonly attributes: boolean
  readonly headersize: number
  readonly disableLog: boolean
}

export const targetFilediff: CommandSpec<FilediffOptions> = {
  name: 'lustrebackup_target_filediff',
  description: 'Makes one file here what it is in a mounted snapshot on the source, block by block: only what differs crosses the network.',
  declare: (program) =>
    void program
      .requiredOption('-l, --local <path>', 'the file here; it is made if it is not there')
      .requiredOption('-r, --remote <path>', 'absolute path of the file on the source, beneath its snapshot_home')
      .option('-b, --blocksize <bytes>', 'size of a block (default: by the size of the file)', blockSize)
      .option('-o, --offset <bytes>', 'begin here, at a multiple of the block size', byteCount)
      .option('-e, --end <bytes>', 'end before this, a multiple of the block size or the end of the file', byteCount)
      .option(
        '-p, --previous-checksum <file>',
        'block digests kept from an earlier run: spare reading the file here if it is still the same',
      )
      .option('-s, --save-checksum <file>', 'keep the block digests in this file for the next run')
      .option('-S, --ssh-options <options>', 'further options of ssh', sshOptions)
      .option('-a, --attributes', 'set owner, mode, times, extended attributes and ACLs too', false)
      .option('-n, --headersize <bytes>', 'longest message with digests', headerSize, HEADER_SIZE_DEFAULT)
      .option('-d, --disable-log', 'write nothing to the log file, on both sides', false),
  run: copy,
}

async function copy({ options, openApp, print, printJson }: CommandContext<FilediffOptions>): Promise<undefined> {
  let loading: ReturnType<typeof loadParts> | null = null
  const meanwhile = () => {
    loading = loadParts()
  }
  const app = await openApp('target', { meanwhile })
  const [{ runTargetFilediff }, { describeTransfer, transferDocument }, { showTransfer }] = await (loading ?? loadParts())
  const progress = showTransfer(
    (text) => void process.stderr.write(text),
    () => app.nowSeconds(),
  )
  const result = await runTargetFilediff(
    {
      local: Buffer.from(options.local),
      remote: Buffer.from(options.remote),
      blockSize: options.blocksize ?? null,
      offset: options.offset ?? null,
      end: options.end ?? null,
      previous: options.previousChecksum ?? null,
      save: options.saveChecksum ?? null,
      sshOptions: options.sshOptions ?? [],
      attributes: options.attributes,
      headerSize: options.headersize,
      disableLog: options.disableLog,
      onProgress: app.showProgress ? progress : () => undefined,
    },
    app,
  )
  app.logFile.info('copied a file', transferDocument(result))
  if (options.json) printJson(transferDocument(result))
  else print(describeTransfer(result))
  return undefined
}

function loadParts() {
  return Promise.all([
    import('@lustrebackup/core/filediff/target-filediff-run'),
    import('@lustrebackup/core/filediff/describe-transfer'),
    import('./show-transfer.js'),
  ])
}
