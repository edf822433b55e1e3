import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { runAttributes } from '../attributes/attributes-run.js'
import { runData } from './data-run.js'
import { makeTransferSite, type TransferSite } from './testing/transfer-site.js'

let site: TransferSite
beforeEach(() => {
  site = makeTransferSite()
})
afterEach(() => site.close())

const from = (path: string) => join(site.source, path)
const to = (path: string) => join(site.target, path)
const run = (command: string, ...args: string[]) => {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${command}: ${stderr}`)
  return stdout
}
const xattrs = (path: string) => run('getfattr', '-h', '-d', '-m', '-', '--absolute-names', path).split('\n').slice(1).filter(Boolean)
const commands = () => readFileSync(join(site.folder, 'bin/commands'), 'utf8').trim().split('\n')
const counts = ({ checked }: Awaited<ReturnType<TransferSite['transfer']>>) => [checked.doneCount, checked.repairedCount, checked.owedCount]

describe('content', () => {
  it('of every type and with any name arrives with links, holes, owners, times and attributes', async () => {
    const odd = 'ü \n#;"$(x)\\#101'
    mkdirSync(from('d'))
    mkdirSync(to('d'))
    writeFileSync(from(`d/${odd}`), 'odd')
    writeFileSync(from('a'), 'one')
    linkSync(from('a'), from('d/b'))
    symlinkSync('/etc/passwd', from('s'))
    run('mkfifo', from('p'))
    run('mknod', from('c'), 'c', '1', '3')
    writeFileSync(from('hole'), 'x')
    truncateSync(from('hole'), 8 * 1024 * 1024)
    run('chown', '-h', '1234:4321', from('a'), from('s'))
    chmodSync(from('a'), 0o4711)
    run('setfattr', '-n', 'user.note', '-v', 'n', from('a'))
    run('setfattr', '-n', 'trusted.lov', '-v', 'internal', from('a'))
    run('setfattr', '-n', 'trusted.other', '-v', 't', from('a'))
    run('setfacl', '-m', 'u:99:rw', from(`d/${odd}`))
    run('touch', '-h', '-d', '2020-01-02 03:04:05.678901234', from('a'), from('s'), from(`d/${odd}`))
    const entries = await Promise.all([`d/${odd}`, 's', 'p', 'c', 'hole'].map((path) => site.data(path)))
    const linked = { ...(await site.data('a')), links: [(await site.data('d/b')).path] }
    const result = await site.transfer([site.parts({ data: [...entries, linked] })])

    expect(counts(result)).toEqual([6, 0, 0])
    expect(readFileSync(to(`d/${odd}`), 'utf8')).toBe('odd')
    expect(readdirSync(site.target).toSorted()).toEqual(['a', 'c', 'd', 'hole', 'p', 's'])
    expect(lstatSync(to('d/b')).ino).toBe(lstatSync(to('a')).ino)
    expect(lstatSync(to('a'))).toMatchObject({ mode: 0o104711, uid: 1234, gid: 4321, nlink: 2 })
    expect(lstatSync(to('a'), { bigint: true }).mtimeNs).toBe(lstatSync(from('a'), { bigint: true }).mtimeNs)
    expect(readlinkSync(to('s'))).toBe('/etc/passwd')
    expect(lstatSync(to('s'))).toMatchObject({ uid: 1234, gid: 4321 })
    expect(lstatSync(to('c')).rdev).toBe(lstatSync(from('c')).rdev)
    expect(statSync(to('hole')).blocks).toBeLessThan(100)
    expect(xattrs(to('a'))).toEqual(['trusted.other="t"', 'user.note="n"'])
    expect(result.data.stats.fileCount).toBe(3n)
  })

  it('of the same size and time is sent all the same, into the same inode, without touching a foreign hard link', async () => {
    for (const [path, text] of [
      ['kept', 'new!'],
      ['shared', 'new!'],
    ] as const)
      writeFileSync(from(path), text)
    for (const path of ['kept', 'shared']) writeFileSync(to(path), 'old!')
    linkSync(to('shared'), to('foreign'))
    for (const path of [from('kept'), to('kept'), from('shared'), to('shared')]) utimesSync(path, 1e9, 1e9)
    const before = statSync(to('kept')).ino
    const entries = await Promise.all(['kept', 'shared'].map((path) => site.data(path, { created: false })))
    const result = await site.transfer([site.parts({ data: entries })])

    expect(['kept', 'shared', 'foreign'].map((path) => readFileSync(to(path), 'utf8'))).toEqual(['new!', 'new!', 'old!'])
    expect(statSync(to('kept'))).toMatchObject({ ino: before, mtimeMs: 1e12 })
    expect(counts(result)).toEqual([2, 0, 0])
    expect(site.drift.drifts).toMatchObject([{ kind: 'shared', path: Buffer.from('shared') }])
  })

  it('of small files comes as it is: into the same inode, cut where it was longer, with everything that belongs to it', async () => {
    for (const [path, text] of [
      ['longer', 'new'],
      ['same', 'new!'],
      ['linked', 'x'],
      ['none', ''],
    ] as const)
      writeFileSync(from(path), text)
    truncateSync(from('linked'), 16 * 1024)
    linkSync(from('linked'), from('again'))
    symlinkSync('away', from('s'))
    run('setfattr', '-n', 'user.note', '-v', 'n', from('same'))
    run('setfacl', '-m', 'u:99:rw', from('same'))
    writeFileSync(to('longer'), 'o'.repeat(100_000))
    writeFileSync(to('same'), 'old!')
    for (const path of [from('same'), to('same')]) utimesSync(path, 1e9, 1e9)
    const before = statSync(to('same')).ino
    const entries = await Promise.all(['longer', 'same', 'none', 's'].map((path) => site.data(path)))
    const parts = site.parts({ data: [...entries, { ...(await site.data('linked')), links: [(await site.data('again')).path] }] })
    const list = join(site.folder, 'small.list')
    writeFileSync(list, ['longer', 'same', 'linked', 'again', 'none', 's'].map((path) => `./${path}\0`).join(''))

    const result = await runData([parts], [{ file: list, pathCount: 6, sizeBytes: 0n, isSmall: true }], site.context)
    expect(result).toMatchObject({ owed: [], partial: false, stats: { fileCount: 4n } })
    expect(commands().at(-1)).toContain('-lWHogDtpAXIRe.')
    expect(['longer', 'same', 'none'].map((path) => readFileSync(to(path), 'utf8'))).toEqual(['new', 'new!', ''])
    expect(readFileSync(to('linked'))).toEqual(readFileSync(from('linked')))
    expect(statSync(to('same'))).toMatchObject({ ino: before, mtimeMs: 1e12 })
    expect(lstatSync(to('again')).ino).toBe(lstatSync(to('linked')).ino)
    expect(readlinkSync(to('s'))).toBe('away')
    expect(xattrs(to('same'))).toEqual(xattrs(from('same')))
  })

  it('that cannot be read costs one file, which is named and owed; the rest arrives', async () => {
    for (const path of ['good', 'bad', 'also']) writeFileSync(from(path), path)
    writeFileSync(to('bad'), 'old')
    const parts = site.parts({ data: await Promise.all(['good', 'bad', 'also'].map((path) => site.data(path))) })
    rmSync(from('bad'))
    mkdirSync(from('bad'))
    rmSync(from('bad'), { recursive: true })
    utimesSync(to('bad'), 5, 5)
    const result = await site.transfer([parts])
    expect(result.checked.owed.map(({ path, reason }) => `${path}: ${reason}`)).toEqual(['bad: No such file or directory (2)'])
    expect(counts(result)).toEqual([2, 0, 1])
    expect([readFileSync(to('good'), 'utf8'), readFileSync(to('also'), 'utf8')]).toEqual(['good', 'also'])
    // It must not look finished to the next run.
    expect(statSync(to('bad')).mtimeMs).toBe(5000)
  })

  it('that has the right time already loses it until its content has come', async () => {
    for (const [path, content] of [
      [from('a'), 'new'],
      [to('a'), 'old'],
    ] as const) {
      writeFileSync(path, content)
      utimesSync(path, 1000, 1000)
    }
    const parts = site.parts({ data: [await site.data('a', { created: false })] })
    rmSync(from('a'))
    expect((await site.transfer([parts])).checked.owed).toHaveLength(1)
    expect(statSync(to('a')).mtimeMs).not.toBe(1_000_000)
  })

  it('counts as done only when it is on disk', async () => {
    writeFileSync(from('a'), 'content')
    const parts = site.parts({ data: [await site.data('a')] })
    const list = join(site.folder, 'a.list')
    writeFileSync(list, './a\0')
    const lists = [{ file: list, pathCount: 1, sizeBytes: 7n, isSmall: false }]
    const dying = { ...site.context, sync: () => Promise.reject(new Error('the power fails')) }
    await expect(runData([parts], lists, dying)).rejects.toThrow('the power fails')
    rmSync(to('a'))
    await runData([parts], lists, site.context)
    expect(readFileSync(to('a'), 'utf8')).toBe('content')
  })

  it('stops the run when rsync failed without a word for what, and comes again with the next', async () => {
    writeFileSync(from('a'), 'content')
    const parts = site.parts({ data: [await site.data('a')] })
    const rsync = join(site.folder, 'bin/failing-rsync')
    writeFileSync(rsync, '#!/bin/sh\nrsync "$@"\necho "rsync error: some files could not be transferred" >&2\nexit 23\n', { mode: 0o755 })
    const failing = { ...site.context, settings: { ...site.context.settings, rsyncCommand: rsync } }
    const list = join(site.folder, 'a.list')
    writeFileSync(list, './a\0')
    const lists = [{ file: list, pathCount: 1, sizeBytes: 7n, isSmall: false }]
    await expect(runData([parts], lists, failing)).rejects.toMatchObject({ code: 'RSYNC_FAILED' })
    expect(await runData([parts], lists, site.context)).toMatchObject({ owed: [], stats: { fileCount: 1n } })
  })

  it('stops the run when more fails than allowed', async () => {
    for (const path of ['a', 'b', 'c']) writeFileSync(from(path), path)
    const parts = site.parts({ data: await Promise.all(['a', 'b', 'c'].map((path) => site.data(path))) })
    rmSync(from('a'))
    rmSync(from('b'))
    const limited = (maxErrors: { count: number } | { percent: number }) => {
      Object.assign(site.context, { maxErrors })
      return site.transfer([parts])
    }
    await expect(limited({ count: 1 })).rejects.toThrow(expect.objectContaining({ code: 'TOO_MANY_ERRORS' }))
    await expect(limited({ percent: 50 })).rejects.toThrow('2 of 3')
    await expect(limited({ percent: 67 })).resolves.toBeDefined()
  })

  it('is never written through a planted symlink, and what is in the way goes', async () => {
    mkdirSync(from('d'))
    writeFileSync(from('d/f'), 'new')
    writeFileSync(from('g'), 'new')
    mkdirSync(join(site.folder, 'outside'))
    writeFileSync(join(site.folder, 'outside/f'), 'precious')
    symlinkSync(join(site.folder, 'outside'), to('d'))
    mkdirSync(to('g/full'), { recursive: true })
    const result = await site.transfer([site.parts({ data: [await site.data('d/f', { created: false }), await site.data('g')] })])
    expect(readFileSync(join(site.folder, 'outside/f'), 'utf8')).toBe('precious')
    expect(readFileSync(to('d/f'), 'utf8')).toBe('new')
    expect(readFileSync(to('g'), 'utf8')).toBe('new')
    expect(site.drift.drifts.map(({ kind, path }) => `${kind} ${path}`)).toEqual([
      'in-the-way d',
      'missing-directory d',
      'missing-file d/f',
      'in-the-way g',
    ])
    expect(counts(result)).toEqual([2, 0, 0])
  })

  it('is not sent again for a list that is done when the run is repeated', async () => {
    writeFileSync(from('a'), 'a')
    const sources = [site.parts({ data: [await site.data('a')] })]
    const { lists } = await site.transfer(sources)
    const asked = commands().length
    const again = await runData(sources, lists.data, site.context)
    expect(commands()).toHaveLength(asked)
    expect(again.stats.fileCount).toBe(1n)
  })

  it('is asked for from the source with a command line that names no file', async () => {
    mkdirSync(from('d'))
    mkdirSync(to('d'))
    writeFileSync(from('d/secret'), '')
    await site.transfer([site.parts({ data: [await site.data('d/secret')], attr: [await site.node('d'), await site.node('')] })])
    const letters = (text: string) => text.replace(/e\.\S+/, 'e.X')
    expect(commands().map(letters)).toEqual([
      `rsync --server --sender -lHogDtpAXIRSe.X --numeric-ids --inplace --files-from=- --from0 --no-implied-dirs . ${site.source}/`,
      `rsync --server --sender -ldHogDtpAXRSe.X --numeric-ids --files-from=- --from0 --no-implied-dirs . ${site.source}/`,
      `rsync --server --sender -ldHogDtpAXRSe.X --numeric-ids --files-from=- --from0 --no-implied-dirs . ${site.source}/`,
    ])
  })
})

describe('attributes', () => {
  it('come without content, for directories and the root too, and leave internal ones of the target alone', async () => {
    for (const root of [site.source, site.target]) {
      mkdirSync(join(root, 'd'))
      writeFileSync(join(root, 'a'), root === site.source ? 'aaaa' : 'AAAA')
    }
    writeFileSync(from('not-listed'), '')
    for (const [path, note] of [
      ['a', '1'],
      ['d', '2'],
      ['', '3'],
    ] as const)
      run('setfattr', '-n', 'user.note', '-v', note, from(path))
    run('setfattr', '-n', 'trusted.lov', '-v', 'ours', to('a'))
    run('setfattr', '-n', 'user.gone', '-v', 'x', to('a'))
    run('chown', '7:8', from('a'), from('d'), from(''))
    chmodSync(from('a'), 0o600)
    for (const path of ['a', 'd', '']) run('touch', '-d', '2019-05-06 07:08:09.123456789', from(path))
    const nodes = await Promise.all(['a', 'd', ''].map((path) => site.node(path)))
    const result = await site.transfer([site.parts({ attr: nodes })])

    expect(counts(result)).toEqual([3, 0, 0])
    expect(readFileSync(to('a'), 'utf8')).toBe('AAAA')
    expect(readdirSync(site.target).toSorted()).toEqual(['a', 'd'])
    expect(xattrs(to('a'))).toEqual(['trusted.lov="ours"', 'user.note="1"'])
    expect([xattrs(to('d')), xattrs(to(''))]).toEqual([['user.note="2"'], ['user.note="3"']])
    for (const path of ['a', 'd', ''])
      expect(lstatSync(to(path), { bigint: true })).toMatchObject({ uid: 7n, gid: 8n, mtimeNs: nodes[0]!.mtimeNs })
    expect(result.attributes.stats.fileCount).toBe(0n)
  })

  it('that rsync gets wrong are put right: a sticky directory whose group entry equals the mask', async () => {
    for (const path of [from('scratch'), to('scratch')]) mkdirSync(path)
    chmodSync(from('scratch'), 0o1775)
    run('setfacl', '-m', 'u:99:rwx,g::rwx,m::rwx', from('scratch'))
    run('setfacl', '-d', '-m', 'u:99:rwx', from('scratch'))
    const result = await site.transfer([site.parts({ attr: [await site.node('scratch')] })])
    const acl = (path: string) => run('getfacl', '--absolute-names', '-n', path).split('\n').slice(1)
    expect(acl(to('scratch'))).toEqual(acl(from('scratch')))
    expect(result.checked.owedCount).toBe(0)
    expect(result.checked.doneCount + result.checked.repairedCount).toBe(1)
  })

  it('of what is missing or has other content bring the content again', async () => {
    mkdirSync(from('d'))
    for (const path of ['a', 'b', 'd/c']) writeFileSync(from(path), path)
    writeFileSync(to('a'), 'something longer')
    const nodes = await Promise.all(['a', 'b', 'd', 'd/c'].map((path) => site.node(path)))
    const result = await site.transfer([site.parts({ attr: nodes })])
    expect(['a', 'b', 'd/c'].map((path) => readFileSync(to(path), 'utf8'))).toEqual(['a', 'b', 'd/c'])
    expect(site.drift.drifts.map(({ kind, path }) => `${kind} ${path}`)).toEqual([
      'missing-directory d',
      'other-content a',
      'missing-file a',
      'missing-file b',
      'missing-file d/c',
    ])
    // What else was in the folder is not known here: the next map has to walk it.
    expect(result.checked.owed.map(({ path }) => path.toString())).toEqual(['d'])
  })

  it('that the target does not keep are owed with a reason', async () => {
    writeFileSync(from('a'), 'aaaa')
    const node = await site.node('a')
    writeFileSync(to('a'), 'aaaa')
    const sources = [site.parts({ attr: [{ ...node, size: 5n }] })]
    const result = await runAttributes(sources, { ...site.context, owed: [], drifts: [] })
    expect(result).toMatchObject({ doneCount: 0, repairedCount: 0, owedCount: 1, owed: [{ reason: 'its size is 4 instead of 5' }] })
  })
})

describe('a list that fails', () => {
  /** An rsync that does its work and then ends in some way, as if it had not. */
  function rsyncThat(ends: string): void {
    writeFileSync(join(site.folder, 'bin/rsync'), `#!/bin/sh\necho reason >&2\n${ends}\n`, { mode: 0o755 })
  }

  it.each([
    [1, 'did not understand its arguments', /versions/],
    [2, 'not compatible', /versions/],
    [3, 'a folder could not be opened', /still mounted/],
    [4, 'an option is not supported', /versions/],
    [5, 'the protocol could not be started', /connection/],
    [6, 'log could not be written', /full or failing/],
    [10, 'the connection failed', /connection/],
    [11, 'reading or writing a file failed', /full or failing file system, or a quota/],
    [12, 'the connection was lost', /connection/],
    [13, 'the other rsync ended with an error', /connection/],
    [14, 'could not start ssh', /ssh is installed/],
    [15, 'crashed', /log may say why/],
    [16, 'was ended', /log may say why/],
    [17, 'it ended with exit code 17', /again/],
    [19, 'signal', /log may say why/],
    [20, 'signal', /log may say why/],
    [21, 'could not be waited for', /log may say why/],
    [22, 'not enough memory', /again/],
    [24, 'files vanished from a snapshot', /unmounted or destroyed/],
    [25, 'told to remove more than is allowed', /versions/],
    [30, 'did not answer in time', /connection/],
    [35, 'did not answer in time', /connection/],
    [124, 'the command on the source failed', /connection/],
    [125, 'the command on the source was killed', /connection/],
    [126, 'could not be started on the source', /connection/],
    [127, 'there is no rsync on the source', /forced command/],
    [255, 'ssh failed', /connection/],
    [null, 'ended by a signal', /log may say why/],
  ])('with exit code %s stops the run, says why and what to do, and is transferred by the next one', async (exitCode, words, hint) => {
    writeFileSync(from('a'), 'a')
    const parts = [site.parts({ data: [await site.data('a')] })]
    rsyncThat(exitCode === null ? 'kill -9 $$' : `exit ${exitCode}`)
    await expect(site.transfer(parts)).rejects.toMatchObject({
      code: 'RSYNC_FAILED',
      message: expect.stringMatching(new RegExp(`${words}.* \\(exit code ${exitCode}\\): reason$`)),
      hint: expect.stringMatching(hint),
    })
    expect(existsSync(to('a'))).toBe(false)
    rmSync(join(site.folder, 'bin/rsync'))
    expect(counts(await site.transfer(parts))).toEqual([1, 0, 0])
  })

  it('for single files (exit code 23) stops nothing: what has not come is owed, what has is done', async () => {
    for (const path of ['came', 'lost']) writeFileSync(from(path), path)
    const parts = [site.parts({ data: [await site.data('came'), await site.data('lost')] })]
    rsyncThat('/usr/bin/rsync --exclude=/lost "$@"; exit 23')
    const { checked } = await site.transfer(parts)
    expect(checked.owed.map(({ path }) => path.toString())).toEqual(['lost'])
    expect(readFileSync(to('came'), 'utf8')).toBe('came')
  })

  it('stops the others that run with it', async () => {
    for (const path of ['a', 'b']) writeFileSync(from(path), path)
    const script = `#!/bin/sh\ncase "$*" in *data-000000*) exit 12;; esac\nexec sleep 600\n`
    writeFileSync(join(site.folder, 'bin/rsync'), script)
    chmodSync(join(site.folder, 'bin/rsync'), 0o755)
    // Large enough for a list of its own.
    const large = { size: 1n << 30n }
    const transfer = site.transfer([site.parts({ data: [await site.data('a', large), await site.data('b', large)] })])
    await expect(transfer).rejects.toThrow('exit code 12')
  })
})
