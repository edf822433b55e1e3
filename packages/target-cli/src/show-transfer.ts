import { progressLine } from '@lustrebackup/core/cli/show-progress'

/** One line on a terminal, rewritten once a second at most. */
export function showTransfer(write: (text: string) => void, nowSeconds: () => number): (bytes: bigint, size: bigint) => void {
  const begun = nowSeconds()
  let shown = begun
  return (bytes, size) => {
    const now = nowSeconds()
    if (now === shown && bytes < size) return
    shown = now
    const line = progressLine(
      { phase: 'copying', doneBytes: bytes, totalBytes: size, doneFiles: bytes < size ? 0 : 1, totalFiles: 1 },
      now - begun,
    )
    write(`\r\x1b[K${line}${bytes < size ? '' : '\n'}`)
  }
}
