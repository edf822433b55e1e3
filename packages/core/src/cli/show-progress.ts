import type { BackupProgress } from '../target/backup-ports.js'
import { formatBytes, formatCount, formatDuration } from './format-units.js'

export interface ProgressLine {
  show(progress: BackupProgress): void
  /** Leaves the line, so that what follows begins on one of its own. */
  end(): void
}

/** One line on a terminal for each phase, rewritten as it goes on, with rate and time left where the size is known. */
export function progressOn(write: (text: string) => void, nowSeconds: () => number): ProgressLine {
  let phase = ''
  let begun = 0
  const end = () => {
    if (phase !== '') write('\n')
    phase = ''
  }
  const show = (progress: BackupProgress) => {
    if (progress.phase !== phase) {
      end()
      phase = progress.phase
      begun = nowSeconds()
    }
    write(`\r\x1b[K${progressLine(progress, nowSeconds() - begun)}`)
  }
  return { show, end }
}

/** For runs without a terminal. */
export const noProgress: ProgressLine = { show: () => undefined, end: () => undefined }

export function progressLine(
  { phase, doneBytes, totalBytes, doneFiles, totalFiles, unit = 'files' }: BackupProgress,
  seconds: number,
): string {
  const perSecond = seconds > 0 && doneFiles > 0 && doneBytes === 0n ? `, ${formatCount(Math.round(doneFiles / seconds))}/s` : ''
  if (totalFiles === 0) return doneFiles === 0 ? `${phase} …` : `${phase}: ${formatCount(doneFiles)} ${unit}${perSecond}`
  const files = `${formatCount(doneFiles)} of ${formatCount(totalFiles)} ${unit}`
  const bytes = totalBytes === 0n ? '' : `, ${formatBytes(doneBytes)} of ${formatBytes(totalBytes)}`
  const share = totalBytes === 0n ? doneFiles / totalFiles : Number(doneBytes) / Number(totalBytes)
  const rate = seconds > 0 && doneBytes > 0n ? `, ${formatBytes(Number(doneBytes) / seconds)}/s` : perSecond
  const left = seconds > 0 && share > 0 && share < 1 ? `, ${formatDuration((seconds * (1 - share)) / share)} left` : ''
  return `${phase}: ${files}${bytes}${rate}${left}`
}
