import type { App } from '@lustrebackup/core/cli/open-app'
import { noProgress, progressOn } from '@lustrebackup/core/cli/show-progress'
import type { VerifyProgress } from '@lustrebackup/core/verify/source-verify-types'

/** Progress of a verification on a terminal; nothing without one. */
export function verifyProgress(app: App): { show(step: VerifyProgress): void; end(): void } {
  const line = app.showProgress
    ? progressOn(
        (text) => void process.stderr.write(text),
        () => app.nowSeconds(),
      )
    : noProgress
  return {
    show: ({ doneTasks, taskCount, bytes }) =>
      line.show({ phase: 'verify', doneBytes: bytes, totalBytes: 0n, doneFiles: doneTasks, totalFiles: taskCount, unit: 'parts' }),
    end: () => line.end(),
  }
}
