import { linkSync, mkdirSync, readFileSync, readlinkSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { MgsSite } from './mgs-site.test-helper.js'

let site: MgsSite
beforeEach(() => {
  site = new MgsSite()
})
afterEach(() => site.remove())

const quiet = { exitCode: 0, signal: null, stdout: '', stderr: '' }
/** A snapshot `s1` made with an ldev.conf that says `old`; now it says `now`. */
async function snapshotWithOldConf(): Promise<void> {
  site.setLdevConf('old')
  expect(await site.run('create', '-F', 'src', '-n', 's1')).toEqual(quiet)
  site.setLdevConf('now')
  site.calls()
}

describe('the options', () => {
  it.each([
    ['create', ['-F', 'src', '-n', 's1', '-c', 'a (b); c && d, 50 %', '-t', '60', '-b', 'off']],
    ['create', ['-c', '-n x', '-n', 's:1.a_b-c', '-F', 'src']],
    ['list', ['-F', 'src']],
    ['list', ['-n', 's1', '-d', '-F', 'my_fs-1']],
    ['mount', ['-F', 'src', '-n', 's1']],
    ['umount', ['-F', 'src', '-n', 's1']],
    ['destroy', ['-F', 'src', '-f', '-n', 's1']],
  ])('of %s reach lctl unchanged: %j', async (action, args) => {
    await site.run(action, ...args)
    expect(site.calls().map(({ words }) => words)).toEqual([[`snapshot_${action}`, ...args]])
  })

  it.each([
    ['create', []],
    ['create', ['-F', 'src']],
    ['create', ['-n', 's1']],
    ['create', ['-F', 'src', '-n']],
    ['create', ['-F', 'src', '-n', '']],
    ['create', ['-F', 'src', '-n', '../s1']],
    ['create', ['-F', 'src', '-n', 'a/b']],
    ['create', ['-F', 'src', '-n', '-c']],
    ['create', ['-F', 'src', '-n', 's 1']],
    ['create', ['-F', 'src', '-n', 's1\n']],
    ['create', ['-F', 's/c', '-n', 's1']],
    ['create', ['-F', 'ninechars', '-n', 's1']],
    ['create', ['-F', 'src', '-F', 'dst', '-n', 's1']],
    ['create', ['-F', 'src', '-n', 's1', '-c', "it's"]],
    ['create', ['-F', 'src', '-n', 's1', '-c', 'a "b"']],
    ['create', ['-F', 'src', '-n', 's1', '-c', '$(id)']],
    ['create', ['-F', 'src', '-n', 's1', '-c', '`id`']],
    ['create', ['-F', 'src', '-n', 's1', '-c', 'a\\b']],
    ['create', ['-F', 'src', '-n', 's1', '-c', 'a\nb']],
    ['create', ['-F', 'src', '-n', 's1', '-c', 'x'.repeat(1025)]],
    ['create', ['-F', 'src', '-n', 's1', '-t', '0']],
    ['create', ['-F', 'src', '-n', 's1', '-t', '1e3']],
    ['create', ['-F', 'src', '-n', 's1', '-b', 'maybe']],
    ['create', ['-F', 'src', '-n', 's1', '-f']],
    ['create', ['-F', 'src', '-n', 's1', '-r', 'sh']],
    ['create', ['-F', 'src', '-n', 's1', 'more']],
    ['create', ['-Fsrc', '-n', 's1']],
    ['create', ['--fsname', 'src', '-n', 's1']],
    ['list', ['-F', 'src', '-c', 'x']],
    ['mount', ['-F', 'src', '-n', 's1', '-d']],
    ['destroy', ['-F', 'src', '-n', 's1', '-?']],
    ['destroy', ['-F', 'src', '-n', 's1', '-:']],
    ['destroy', ['-F', 'src', '-n', 's1', '- ']],
  ])('of %s are refused: %j', async (action, args) => {
    const { exitCode, stderr } = await site.run(action, ...args)
    expect({ exitCode, lines: stderr.trimEnd().split('\n').length }).toEqual({ exitCode: 22, lines: 1 })
    expect(site.calls()).toEqual([])
  })
})

describe('the saved ldev.conf', () => {
  it.each(['mount', 'umount', 'destroy'])('is what lctl sees in %s, and only there', async (action) => {
    await snapshotWithOldConf()
    const { ino, mode } = statSync(site.ldevConf)
    await site.run('list', '-F', 'src')
    expect(await site.run(action, '-F', 'src', '-n', 's1')).toEqual(quiet)
    expect(site.calls().map(({ ldevConf }) => ldevConf)).toEqual(['now', 'old'])
    expect(statSync(site.ldevConf)).toMatchObject({ ino, mode })
    expect(site.besideLdevConf()).toEqual([])
  })

  it('goes with its snapshot, and stays when that does', async () => {
    await snapshotWithOldConf()
    writeFileSync(join(site.root, 'exit'), '1')
    expect((await site.run('destroy', '-F', 'src', '-n', 's1')).exitCode).toBe(1)
    expect(site.file('state/src/s1.ldev.conf')).toBe('old')
    rmSync(join(site.root, 'exit'))
    await site.run('destroy', '-F', 'src', '-n', 's1')
    expect(site.file('state/src/s1.ldev.conf')).toBeNull()
  })

  it('is not replaced by a second create that fails', async () => {
    await snapshotWithOldConf()
    expect((await site.run('create', '-F', 'src', '-n', 's1')).exitCode).toBe(17)
    expect(site.file('state/src/s1.ldev.conf')).toBe('old')
    expect(site.file('state/src/s1.new')).toBeNull()
  })

  it('may be missing: then the present one is used, and said so', async () => {
    const { exitCode, stderr } = await site.run('mount', '-F', 'src', '-n', 'made-by-lctl')
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: expect.stringContaining('no ldev.conf was saved') })
    expect(site.calls()[0]?.ldevConf).toBe('now')
  })

  it('belongs to the snapshot of one file system', async () => {
    await snapshotWithOldConf()
    await site.run('mount', '-F', 'dst', '-n', 's1')
    expect(site.calls()[0]?.ldevConf).toBe('now')
  })

  it('is for root only', async () => {
    await snapshotWithOldConf()
    expect(statSync(join(site.root, 'state/src')).mode & 0o777).toBe(0o700)
  })
})

it('keeps a symlink a symlink', async () => {
  await snapshotWithOldConf()
  mkdirSync(join(site.root, 'shared'))
  writeFileSync(join(site.root, 'shared/ldev.conf'), 'shared\n')
  rmSync(site.ldevConf)
  symlinkSync('../shared/ldev.conf', site.ldevConf)
  await site.run('mount', '-F', 'src', '-n', 's1')
  expect(site.calls()[0]?.ldevConf).toBe('old')
  expect(readlinkSync(site.ldevConf)).toBe('../shared/ldev.conf')
  expect(site.file('shared/ldev.conf')).toBe('shared')
})

it('leaves a change alone that somebody makes during a swap, and keeps what was there before', async () => {
  await snapshotWithOldConf()
  site.hold()
  const mount = site.start('lctl_snapshot_mount.sh', ['-F', 'src', '-n', 's1'])
  await mount.lctlStarted
  site.setLdevConf('edited')
  site.letGo()
  expect(await mount.ended).toMatchObject({ exitCode: 0, stderr: expect.stringContaining('was changed while') })
  expect(site.file('etc/ldev.conf')).toBe('edited')
  expect(site.file('etc/ldev.conf.lctl_snapshot.replaced')).toBe('now')
})

it("gives lctl's own exit code", async () => {
  writeFileSync(join(site.root, 'exit'), '110')
  expect((await site.run('create', '-F', 'src', '-n', 's1')).exitCode).toBe(110)
  expect(site.file('state/src/s1.ldev.conf')).toBeNull()
})

describe('two at the same time', () => {
  /** Settles when a script waits for the lock: then it has started flock. */
  const untilItWaits = async (pid: number) => {
    while (!childrenOf(pid).includes('flock')) await new Promise((resolve) => setImmediate(resolve))
  }
  const childrenOf = (pid: number) =>
    textOf(`/proc/${pid}/task/${pid}/children`)
      .split(' ')
      .map((child) => textOf(`/proc/${child}/comm`))
  const textOf = (path: string) => {
    try {
      return readFileSync(path, 'utf8').trim()
    } catch {
      // It has ended since it was listed.
      return ''
    }
  }

  it('follow each other, so that none sees the ldev.conf of the other', async () => {
    await snapshotWithOldConf()
    site.hold()
    const mount = site.start('lctl_snapshot_mount.sh', ['-F', 'src', '-n', 's1'])
    await mount.lctlStarted
    const list = site.start('lctl_snapshot_list.sh', ['-F', 'src'])
    await untilItWaits(list.pid)
    expect(site.calls().map(({ words }) => words[0])).toEqual(['snapshot_mount'])
    site.letGo()
    expect(await list.ended).toEqual(quiet)
    expect(site.calls()).toEqual([{ words: ['snapshot_list', '-F', 'src'], ldevConf: 'now' }])
  })

  it('end at once by SIGTERM while they wait', async () => {
    site.hold()
    const first = site.start('lctl_snapshot_list.sh', ['-F', 'src'])
    await first.lctlStarted
    const second = site.start('lctl_snapshot_list.sh', ['-F', 'src'])
    await untilItWaits(second.pid)
    second.kill('SIGTERM')
    expect((await second.ended).exitCode).toBe(143)
    site.letGo()
    expect((await first.ended).exitCode).toBe(0)
    expect(site.calls().length).toBe(1)
  })

  it('do not wait for ever', async () => {
    site.hold()
    const first = site.start('lctl_snapshot_list.sh', ['-F', 'src'])
    await first.lctlStarted
    writeFileSync(site.settings, `${readFileSync(site.settings, 'utf8')}lock_wait = 0\n`)
    expect(await site.run('list', '-F', 'src')).toMatchObject({ exitCode: 11, stderr: expect.stringContaining('has been running') })
    site.letGo()
    await first.ended
  })
})

describe('stopped', () => {
  it.each([
    ['SIGTERM', 143],
    ['SIGINT', 130],
    ['SIGHUP', 129],
  ] as const)('by %s, it ends lctl, puts ldev.conf back and tells by its exit code', async (signal, exitCode) => {
    await snapshotWithOldConf()
    const { ino } = statSync(site.ldevConf)
    site.hold()
    const mount = site.start('lctl_snapshot_mount.sh', ['-F', 'src', '-n', 's1'])
    await mount.lctlStarted
    expect(site.file('etc/ldev.conf')).toBe('old')
    mount.kill(signal)
    expect((await mount.ended).exitCode).toBe(exitCode)
    expect(statSync(site.ldevConf).ino).toBe(ino)
    expect(site.besideLdevConf()).toEqual([])
  })

  it('twice, it kills an lctl that does not listen', async () => {
    await snapshotWithOldConf()
    site.hold(true)
    const mount = site.start('lctl_snapshot_mount.sh', ['-F', 'src', '-n', 's1'])
    await mount.lctlStarted
    let ended = false
    void mount.ended.then(() => {
      ended = true
    })
    while (!ended) {
      mount.kill('SIGTERM')
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect((await mount.ended).exitCode).toBe(143)
    expect(site.file('etc/ldev.conf')).toBe('now')
  })

  it('by SIGKILL, it leaves lctl the lock, and the next one puts ldev.conf back', async () => {
    await snapshotWithOldConf()
    site.hold()
    const mount = site.start('lctl_snapshot_mount.sh', ['-F', 'src', '-n', 's1'])
    await mount.lctlStarted
    mount.kill('SIGKILL')
    await mount.exited
    expect(site.file('etc/ldev.conf')).toBe('old')
    const list = site.start('lctl_snapshot_list.sh', ['-F', 'src'])
    expect(site.calls().length).toBe(1)
    site.letGo()
    expect(await list.ended).toEqual(quiet)
    expect(site.calls()).toEqual([{ words: ['snapshot_list', '-F', 'src'], ldevConf: 'now' }])
    expect(site.besideLdevConf()).toEqual([])
  })
})

describe('killed at every step', () => {
  /** Every program that a script starts counts; the one with the number in `die` kills the script, before or after its own work. */
  function killAt(step: number, when: 'before' | 'after'): void {
    writeFileSync(join(site.root, 'die'), `${step}`)
    for (const name of ['cp', 'mv', 'ln', 'rm', 'sync', 'cmp', 'mkdir', 'flock']) {
      const work = `PATH=/usr/bin:/bin; ${name} "$@"; code=$?`
      const count = `read -r left <${site.root}/die; echo $((left - 1)) >${site.root}/die; die() { [ "$left" != 1 ] || kill -9 $PPID; }`
      site.program(name, `#!/bin/bash\n${count}\n${when === 'before' ? `die; ${work}` : `${work}; die`}\nexit $code\n`)
    }
  }

  /** Runs one that is killed; false when it has fewer steps than that. */
  async function killed(step: number, when: 'before' | 'after', action: string): Promise<boolean> {
    killAt(step, when)
    const { signal } = await site.run(action, '-F', 'src', '-n', 's1')
    writeFileSync(join(site.root, 'die'), '0')
    return signal === 'SIGKILL'
  }

  it.each([
    ['mount', 'before'],
    ['mount', 'after'],
  ] as const)('%s leaves an ldev.conf that the next call puts right (%s the step)', async (action, when) => {
    await snapshotWithOldConf()
    let steps = 0
    while (await killed(steps + 1, when, action)) {
      steps += 1
      expect(['now', 'old']).toContain(site.file('etc/ldev.conf'))
      site.calls()
      expect(await site.run('list', '-F', 'src')).toMatchObject({ exitCode: 0 })
      expect(site.calls().map(({ ldevConf }) => ldevConf)).toEqual(['now'])
      expect(site.file('etc/ldev.conf')).toBe('now')
      expect(site.besideLdevConf()).toEqual([])
    }
    expect(steps).toBeGreaterThan(8)
  })

  it.each(['before', 'after'] as const)(
    'create leaves no snapshot without the ldev.conf that it was made with (%s the step)',
    async (when) => {
      let steps = 0
      let made = 0
      for (let more = true; more; ) {
        site.remove()
        site = new MgsSite()
        site.setLdevConf('old')
        more = await killed(steps + 1, when, 'create')
        if (more) steps += 1
        site.setLdevConf('now')
        if (site.file('snapshots/s1') !== null) {
          made += 1
          expect((await site.run('create', '-F', 'src', '-n', 's1')).exitCode).toBe(17)
          site.calls()
          await site.run('mount', '-F', 'src', '-n', 's1')
          expect(site.calls()[0]?.ldevConf).toBe('old')
        }
      }
      expect(made).toBeGreaterThan(1)
      expect(steps).toBeGreaterThan(made)
    },
  )
})

it('refuses settings that it does not understand', async () => {
  for (const line of ['ldev_conf = etc/ldev.conf', 'stat = /x', 'lock_wait = soon', 'state']) {
    writeFileSync(site.settings, `${line}\n`)
    expect((await site.run('list', '-F', 'src')).exitCode).toBe(22)
  }
  rmSync(site.settings)
  expect((await site.run('list', '-F', 'src')).exitCode).toBe(22)
  expect(site.calls()).toEqual([])
})

it('fails without a lock rather than run without one', async () => {
  rmSync(join(site.root, 'etc'), { recursive: true })
  expect((await site.run('list', '-F', 'src')).exitCode).not.toBe(0)
  expect(site.calls()).toEqual([])
})

it('puts back a file that was hard-linked', async () => {
  await snapshotWithOldConf()
  linkSync(site.ldevConf, join(site.root, 'also'))
  await site.run('mount', '-F', 'src', '-n', 's1')
  expect(statSync(site.ldevConf)).toMatchObject({ ino: statSync(join(site.root, 'also')).ino, nlink: 2 })
})
