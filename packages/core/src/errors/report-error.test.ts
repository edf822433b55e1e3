import { describe, expect, it } from 'vitest'
import { EXIT, LustrebackupError } from './errors.js'
import { reportError } from './report-error.js'

describe('an error that the operator can act on', () => {
  it('tells message, the causes that say more, and the hint; no stack', () => {
    const socket = new Error('connect ECONNREFUSED 10.0.0.1:22')
    const unreachable = new LustrebackupError('SSH_UNREACHABLE', 'cannot reach mgs', { cause: socket })
    const error = new LustrebackupError('SNAPSHOT_CREATE_FAILED', 'cannot create: cannot reach mgs', {
      cause: unreachable,
      hint: 'start sshd',
    })
    expect(reportError(error, 'cmd')).toEqual({
      lines: ['cmd: cannot create: cannot reach mgs', '  because: connect ECONNREFUSED 10.0.0.1:22', '  what to do: start sshd'],
      exitCode: EXIT.failed,
    })
  })

  it('keeps its exit code', () => {
    expect(reportError(new LustrebackupError('LOCKED', 'held', { exitCode: EXIT.locked }), 'cmd').exitCode).toBe(3)
  })

  it('splits lines and defuses what would act on a terminal', () => {
    expect(reportError(new LustrebackupError('X', 'a\nb \x1b[2J\x9b'), 'cmd').lines).toEqual(['cmd: a', 'b \\x1b[2J\\x9b'])
  })
})

describe('anything else', () => {
  it('is a bug with exit code 1, and shows its stack with debug only', () => {
    const error = new TypeError('x is not a function')
    const quiet = reportError(error, 'cmd')
    expect(quiet.exitCode).toBe(EXIT.failed)
    expect(quiet.lines[0]).toBe('cmd: this is a bug in lustrebackup, please report it: TypeError: x is not a function')
    expect(quiet.lines.join('\n')).not.toContain('report-error.test')
    expect(reportError(error, 'cmd', true).lines.join('\n')).toContain('report-error.test')
  })

  it('may be no error at all, or be its own cause', () => {
    expect(reportError('text', 'cmd').lines[0]).toContain('text')
    const loop = new Error('loop')
    loop.cause = loop
    expect(reportError(loop, 'cmd').lines.length).toBeLessThan(5)
  })
})
