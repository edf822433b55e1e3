import { expect, it } from 'vitest'
import { planRsync } from './rsync-plan.js'

const SSH =
  '-oBatchMode=yes -oStrictHostKeyChecking=yes -oForwardAgent=no -oForwardX11=no -oClearAllForwardings=yes -oPermitLocalCommand=no ' +
  '-oServerAliveInterval=60 -oServerAliveCountMax=10'

const settings = {
  rsyncCommand: 'rsync',
  sshConfig: '',
  host: 'source',
  remoteFolder: '/snap/src-backup-1.backup/home',
  localFolder: '/data',
}
const without = (pattern: RegExp, args: readonly string[]) => args.filter((word) => !pattern.test(word))

it('sends content that is known to differ, into the file that is there', () => {
  expect(without(/^--filter/, planRsync('data', settings, '/meta/tmp/a.list'))).toEqual([
    '-lptgoDHAXS',
    '--no-recursive',
    '--no-implied-dirs',
    '--numeric-ids',
    '--modify-window=-1',
    '--no-dirs',
    '--inplace',
    '--ignore-times',
    '--stats',
    '--no-human-readable',
    '--files-from=/meta/tmp/a.list',
    '--from0',
    '-e',
    `ssh ${SSH}`,
    'source:/snap/src-backup-1.backup/home/',
    '/data/',
  ])
})

it('sends small files as they are: neither blocks are compared nor holes looked for', () => {
  const small = planRsync('small files', settings, 'l')
  expect(small[0]).toBe('-lptgoDHAXW')
  expect(small.slice(1)).toEqual(planRsync('data', settings, 'l').slice(1))
})

it('never sends content for attributes, and of the root nothing but itself', () => {
  const attributes = planRsync('attributes', settings, 'l')
  expect(attributes).toContain('--size-only')
  expect(without(/^(--inplace|--ignore-times)$/, attributes)).toEqual(attributes)
  expect(planRsync('root', settings, 'l')).toEqual(expect.arrayContaining(['--size-only', '--exclude=/*']))
})

it('keeps the xattrs of Lustre itself out of everything but the map', () => {
  for (const kind of ['data', 'small files', 'attributes', 'root'] as const) {
    expect(planRsync(kind, settings, 'l')).toEqual(
      expect.arrayContaining(['--filter=-x trusted.lov', '--filter=-x lustre.*', '--filter=-x trusted.lmv']),
    )
  }
  expect(planRsync('map', settings, 'l').slice(0, 2)).toEqual(['-t', '--no-recursive'])
})

it('names the ssh configuration', () => {
  expect(planRsync('map', { ...settings, sshConfig: '/etc/lb/ssh.conf' }, 'l')).toContain(`ssh ${SSH} -F /etc/lb/ssh.conf`)
})

it.each([
  { remoteFolder: '/snap/a b' },
  { remoteFolder: '/snap/$(x)' },
  { remoteFolder: 'relative' },
  { remoteFolder: "/snap/'" },
  { remoteFolder: '/snap/:x' },
  { host: '-oProxyCommand=x' },
  { host: 'a:b' },
  { host: '' },
  { sshConfig: '/etc/a b' },
])('refuses what could become something else on the way: %j', (change) => {
  expect(() => planRsync('data', { ...settings, ...change }, 'l')).toThrow(expect.objectContaining({ code: 'UNSAFE_WORD', exitCode: 2 }))
})
