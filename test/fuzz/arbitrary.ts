import { REACH_BYTES } from '@lustrebackup/core/backupmap/area'
import fc from 'fast-check'
import { type BackupOperation, longLinkPath, type Operation, type Setting, type UserOperation } from './operations.js'

interface ArbitraryOptions {
  /** Also changes of which Lustre keeps no record: they are found only where everything is compared in every run. */
  readonly unrecorded: boolean
}

/** Few names, so that operations meet; `p` and `m` are what some settings back up, and exclude. */
const NAMES = ['a', 'b', 'c', 'a', 'b', 'c', 'a', 'b', 'c', 'p', '\xff\n', '-x #', 'd', 'n'.repeat(255)]
const DATA = ['', 'x', 'y', 'xy', 'yx', 'some more content']

const name = fc.constantFrom(...NAMES)
const top = fc.oneof({ arbitrary: name, weight: 12 }, { arbitrary: fc.constantFrom('m/x', 'p/m/x', 'p', 'p'), weight: 5 })
const path = fc.oneof(
  { arbitrary: top, weight: 4 },
  { arbitrary: fc.tuple(top, name).map((parts) => parts.join('/')), weight: 4 },
  { arbitrary: fc.tuple(top, name, name).map((parts) => parts.join('/')), weight: 2 },
)
/** Also the root of the file system. */
const anyPath = fc.oneof({ arbitrary: path, weight: 12 }, { arbitrary: fc.constant(''), weight: 1 })
/** Rather where a folder is likely to be. */
const folderPath = fc.oneof(path, fc.constantFrom('a', 'b', 'p', 'a/b', 'a/c', 'b/a', 'p/a', 'p/b', 'p/a/c'))
/** Rather where a file is likely to be: also one of many links, in the link attribute or beyond. */
const filePath = fc.oneof(
  { arbitrary: path, weight: 5 },
  { arbitrary: fc.constantFrom('c', 'a/a', 'a/b/c', 'p/c', 'p/a/b', 'b/c', 'p/b/a'), weight: 5 },
  { arbitrary: fc.tuple(folderPath, fc.constantFrom(0, 2, 40, 59)).map(([folder, index]) => longLinkPath(folder, index)), weight: 1 },
)
const data = fc.constantFrom(...DATA)
const flushed = fc.constantFrom('flushed', 'flushed', 'unflushed' as const)
const handle = fc.nat(1)
const mdt = fc.nat(2)
const mode = fc.constantFrom(0o644, 0o600, 0o755, 0o700, 0o4755, 0o2775, 0o1777, 0)
const owner = fc.constantFrom(0, 1000, 1001)
const xattr = fc.constantFrom('user.a', 'user.b', 'trusted.a')
const aclEntry = fc.constantFrom('u:1000:rwx', 'g:1001:r', 'm::r', 'u::rw', 'u:1000:---')

const kind = <K extends UserOperation[0]>(word: K) => fc.constant(word)

function userOperation({ unrecorded }: ArbitraryOptions): fc.Arbitrary<UserOperation> {
  const recorded = unrecorded ? fc.constantFrom('recorded', 'unrecorded' as const) : fc.constant('recorded' as const)
  return fc.oneof(
    { arbitrary: fc.tuple(kind('mkdir'), path, mdt), weight: 10 },
    { arbitrary: fc.tuple(kind('deep'), path, fc.constantFrom(3, 100), fc.constantFrom(1, 255)), weight: 1 },
    { arbitrary: fc.tuple(kind('write'), path, data, flushed), weight: 10 },
    { arbitrary: fc.tuple(kind('rename'), path, path), weight: 10 },
    { arbitrary: fc.tuple(kind('rename'), fc.oneof(filePath, folderPath), path), weight: 6 },
    { arbitrary: fc.tuple(kind('link'), filePath, path), weight: 6 },
    { arbitrary: fc.tuple(kind('unlink'), filePath), weight: 4 },
    { arbitrary: fc.tuple(kind('rmdir'), folderPath), weight: 2 },
    { arbitrary: fc.tuple(kind('create'), path), weight: 3 },
    { arbitrary: fc.tuple(kind('overwrite'), filePath, data, fc.oneof(flushed, fc.constant('cached' as const))), weight: 5 },
    { arbitrary: fc.tuple(kind('append'), filePath, data), weight: 2 },
    { arbitrary: fc.tuple(kind('truncate'), filePath, fc.constantFrom(0, 1, 5000)), weight: 2 },
    { arbitrary: fc.tuple(kind('sparse'), filePath, fc.constantFrom(4096, 1_000_000)), weight: 1 },
    { arbitrary: fc.tuple(kind('save'), filePath, data), weight: 3 },
    { arbitrary: fc.tuple(kind('open'), handle, filePath), weight: 4 },
    { arbitrary: fc.tuple(kind('put'), handle, data, flushed), weight: 7 },
    { arbitrary: fc.tuple(kind('cut'), handle, fc.nat(3)), weight: 1 },
    { arbitrary: fc.tuple(kind('close'), handle), weight: 2 },
    { arbitrary: fc.tuple(kind('links'), filePath, folderPath, fc.constantFrom(3, 60, 60, 300)), weight: 2 },
    { arbitrary: fc.tuple(kind('swap'), path, path), weight: 4 },
    { arbitrary: fc.tuple(kind('symlink'), fc.constantFrom('a', '../b', '/nowhere', '\xfe'), path), weight: 3 },
    { arbitrary: fc.tuple(kind('mknod'), path, fc.constantFrom('fifo', 'socket', 'char' as const)), weight: 2 },
    { arbitrary: fc.tuple(kind('temporary'), path), weight: 2 },
    { arbitrary: fc.tuple(kind('chmod'), anyPath, mode), weight: 3 },
    { arbitrary: fc.tuple(kind('chown'), anyPath, owner, owner), weight: 3 },
    { arbitrary: fc.tuple(kind('setxattr'), anyPath, xattr, data), weight: 3 },
    { arbitrary: fc.tuple(kind('removexattr'), anyPath, xattr), weight: 2 },
    { arbitrary: fc.tuple(kind('setfacl'), anyPath, aclEntry, recorded), weight: 2 },
    { arbitrary: fc.tuple(kind('default-acl'), anyPath, aclEntry), weight: 2 },
    { arbitrary: fc.tuple(kind('utimes'), anyPath, fc.constantFrom(0, 1_000_000_000), recorded), weight: 2 },
    { arbitrary: fc.tuple(kind('migrate'), folderPath, mdt), weight: 3 },
    { arbitrary: fc.tuple(kind('sync')), weight: 1 },
    { arbitrary: fc.tuple(kind('drop-open-cache')), weight: 1 },
    { arbitrary: fc.tuple(kind('wait'), fc.constantFrom(1, 100)), weight: 2 },
  )
}

const snapshot = fc.tuple(fc.constant('snapshot' as const), fc.constantFrom('soon', 'hour' as const))
const map = fc.tuple(fc.constant('map' as const), fc.constantFrom('incremental', 'incremental', 'incremental', 'full' as const))
const backup = fc.constant(['backup'] as const)
const dieAt = fc.tuple(fc.constant('die-at' as const), fc.constantFrom('change', 'change', 'program', 'phase' as const), fc.nat(12))
const loseDone = fc.tuple(fc.constant('lose-done' as const), fc.constantFrom('before', 'after' as const))
const abort = fc.constant(['abort'] as const)
const damage = fc.tuple(fc.constant('damage' as const), path, fc.constantFrom('remove', 'grow', 'directory', 'symlink', 'symlink' as const))

/** What happens between two groups of users' operations: mostly a whole backup, sometimes only parts of one, or one that goes wrong. */
const turn: fc.Arbitrary<readonly BackupOperation[]> = fc.oneof(
  { arbitrary: fc.tuple(snapshot, fc.constant(['map', 'incremental'] as const), backup), weight: 10 },
  { arbitrary: fc.tuple(snapshot), weight: 1 },
  { arbitrary: fc.tuple(snapshot, map), weight: 2 },
  { arbitrary: fc.tuple(snapshot, map, dieAt, backup), weight: 3 },
  { arbitrary: fc.tuple(snapshot, map, dieAt, backup, backup), weight: 2 },
  { arbitrary: fc.tuple(snapshot, map, dieAt, backup, abort), weight: 2 },
  { arbitrary: fc.tuple(snapshot, map, loseDone, backup), weight: 1 },
  { arbitrary: fc.tuple(backup), weight: 1 },
  { arbitrary: fc.tuple(damage, snapshot, map, backup), weight: 2 },
)

/** A small tree of everything, some of which is there when the sequence begins. */
const TREE: readonly UserOperation[] = [
  ['mkdir', 'a', 0],
  ['mkdir', 'b', 1],
  ['mkdir', 'p', 2],
  ['mkdir', 'a/b', 1],
  ['mkdir', 'a/c', 2],
  ['mkdir', 'b/a', 0],
  ['mkdir', 'p/a', 1],
  ['mkdir', 'p/b', 0],
  ['mkdir', 'p/a/c', 2],
  ['write', 'c', 'c', 'flushed'],
  ['write', 'a/a', 'aa', 'flushed'],
  ['write', 'a/b/c', 'abc', 'flushed'],
  ['write', 'p/c', 'pc', 'flushed'],
  ['write', 'p/a/b', 'pab', 'flushed'],
  ['link', 'a/a', 'b/c'],
  ['link', 'p/c', 'p/b/a'],
  ['symlink', 'a', 'b/b'],
  ['symlink', 'c', 'p/b/b'],
]

/** Any sequence of operations with any number of backups among them; it shrinks to as few operations as possible. */
function operationSequence(options: ArbitraryOptions): fc.Arbitrary<readonly Operation[]> {
  const ofAtMost = (maxLength: number) => fc.array(userOperation(options), { maxLength, size: 'max' })
  // A short one leaves much alone over several backups.
  const group = fc.oneof(ofAtMost(4), ofAtMost(40))
  const rounds = fc.array(fc.tuple(group, turn), { minLength: 1, maxLength: 7, size: 'max' })
  return fc
    .tuple(fc.subarray([...TREE]), rounds, group)
    .map(([tree, list, rest]) => [...tree, ...list.flatMap(([users, backups]) => [...users, ...backups]), ...rest])
}

const anySetting: fc.Arbitrary<Setting> = fc.record({
  mdts: fc.constantFrom(1, 2, 3),
  area: fc.constantFrom('whole', 'excluded', 'folder', 'both' as const),
  compareDays: fc.constantFrom(0, 30, 'always' as const),
  reachBytes: fc.oneof({ arbitrary: fc.constant(REACH_BYTES), weight: 5 }, { arbitrary: fc.constantFrom(4, 6, 8), weight: 1 }),
  largeBytes: fc.oneof({ arbitrary: fc.constant(1_000_000_000), weight: 7 }, { arbitrary: fc.constant(4096), weight: 1 }),
})

/** A site, and what happens at it. What leaves no record is promised only where everything is compared every time. */
export const anyHistory: fc.Arbitrary<readonly [Setting, readonly Operation[]]> = anySetting.chain((setting) =>
  operationSequence({ unrecorded: setting.compareDays === 'always' }).map((operations) => [setting, operations] as const),
)
