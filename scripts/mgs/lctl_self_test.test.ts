import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, it } from 'vitest'

const folder = mkdtempSync(join(tmpdir(), 'lustrebackup-self-test-'))
const validator = join(folder, 'lctl_ssh_command_validator.sh')
cpSync(dirname(fileURLToPath(import.meta.url)), folder, { recursive: true, dereference: true })
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const selfTest = () => spawnSync(validator, ['--self-test'], { encoding: 'utf8', env: { PATH: '/usr/bin:/bin' } })

it('the self-test finds what the forced command lets through, and says which', () => {
  const script = readFileSync(validator, 'utf8')
  writeFileSync(validator, script.replace('[[ -z $folder ||', '[[ -n $folder ||'))
  const broken = selfTest()
  expect(broken.status).toBe(1)
  expect(broken.stdout).toContain('\n  NOT REFUSED: /tmp/lctl_snapshot_list.sh\\ -F\\ src\n')
  expect(broken.stdout).toContain('\n  NOT RUN AS IT SHOULD: lctl_snapshot_list.sh\\ -F\\ src\n')
  expect(broken.stdout).toMatch(/ 315 attacks and 6 commands of lustrebackup tried, [1-9][0-9]* failed\nFAILED: /)
  writeFileSync(validator, script)
  expect(selfTest()).toMatchObject({ status: 0, stderr: '', stdout: expect.stringMatching(/, 0 failed\npassed: [^\n]+\n$/) })
})
