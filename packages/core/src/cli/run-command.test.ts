import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const MODULE = fileURLToPath(new URL('../../dist/cli/run-command.js', import.meta.url))

it('a command that waits for nothing fails', () => {
  const script = `
    import { runCommand } from ${JSON.stringify(MODULE)}
    void runCommand({ name: 'try', description: 'tries it', declare: () => {}, run: () => new Promise(() => {}) }, [])`
  const result = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' })
  expect(result).toMatchObject({ status: 1, stdout: '' })
  expect(result.stderr).toContain('try: this is a bug in lustrebackup')
})
