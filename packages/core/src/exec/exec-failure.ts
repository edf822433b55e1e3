import type { ExecResult } from './exec-port.js'

/** How a program ended, in words: its last words on stderr, or else its exit code. */
export function failureInWords(result: ExecResult): string {
  const ending = result.signal === null ? `exit code ${result.exitCode}` : `killed by ${result.signal}`
  const said = result.stderr
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .slice(-3)
    .join('; ')
  return said === '' ? ending : `${said} (${ending})`
}
