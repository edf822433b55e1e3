import { parseFid } from '@lustrebackup/core/types/fid'
import { parsePath } from '@lustrebackup/core/types/path-bytes'
import { decodeVerify, encodeVerify } from '@lustrebackup/core/verify/codec'
import { parseVerification, plainJson } from '@lustrebackup/core/verify/parse-verification'
import {
  NO_VERIFY_COUNTS,
  VERIFICATION_FORMAT,
  VERIFICATION_VERSION,
  VERIFY_KINDS,
  type VerificationHeader,
  type VerifyEntries,
  type VerifyKind,
} from '@lustrebackup/core/verify/verification-types'
import { expect } from 'vitest'
import { clearly, type Subject } from '../support/subject.js'

const fid = parseFid('[0x200000401:0x1:0x0]')!
const path = (text: string | Buffer) => parsePath(Buffer.from(text))!

const HEADER: VerificationHeader = {
  format: VERIFICATION_FORMAT,
  version: VERIFICATION_VERSION,
  software: '1.0.0',
  fsname: 'src',
  start: 1_700_000_000,
  timestamp: 1_700_086_400,
  snapshotName: 'src-backup-1700086400',
  backups: [1_700_000_000, 1_700_086_400],
  whole: true,
  filter: { renamedOnly: false, modifiedSince: 1_600_000_000 },
  checksum: 'xxh128',
  startedAt: 1,
  finishedAt: 2,
  counts: { ...NO_VERIFY_COUNTS, bytes: 2n ** 60n },
  parts: [{ kind: 'content', file: 'content-0.ndjson', entryCount: 1, sizeBytes: 9, digest: 'a'.repeat(64) }],
}

const samples: { readonly [K in VerifyKind]: VerifyEntries[K] } = {
  entry: {
    fid,
    path: path('a/b'),
    type: 'l',
    mode: 0o777,
    uid: 0,
    gid: 0,
    size: 0n,
    mtimeNs: 1n,
    nlink: 1,
    rdev: null,
    acl: null,
    defaultAcl: null,
    released: false,
    links: [path('c')],
    complete: true,
    target: Buffer.from([0x2f, 0xff]),
    xattrs: { 'user.a': 'b' },
  },
  names: { path: path('a'), names: [Buffer.from('b'), Buffer.from([0xff])], first: true, last: true },
  content: { path: path('a/b'), size: 2n ** 60n, mtimeNs: -1n, checksum: Buffer.alloc(16, 1), reason: null },
}

/** A verification that a source sends. */
export const verificationSubjects: readonly Subject[] = [
  {
    name: 'header of a verification',
    form: 'json',
    seeds: [Buffer.from(JSON.stringify(plainJson(HEADER)))],
    check(input, _random, isValid) {
      const read = clearly(() => parseVerification(input.toString('utf8'), 'header.json'))
      if (isValid) expect(read?.value).toEqual(HEADER)
      if (read === null) return
      expect(parseVerification(JSON.stringify(plainJson(read.value)), 'again')).toEqual(read.value)
      for (const { file } of read.value.parts) expect(file).toMatch(/^[a-z][a-z0-9.-]*$/)
    },
  },
  ...VERIFY_KINDS.map(lineSubject),
]

function lineSubject(kind: VerifyKind): Subject {
  return {
    name: `line of a verification: ${kind}`,
    form: 'json',
    seeds: [Buffer.from(encodeVerify(kind, samples[kind]))],
    check(input, _random, isValid) {
      const entry = decodeVerify(kind, input.toString('utf8'))
      if (isValid) expect(entry).toEqual(samples[kind])
      if ('wrong' in entry) return expect(entry.wrong.length).toBeLessThan(1000)
      expect(decodeVerify(kind, encodeVerify(kind, entry))).toEqual(entry)
      expect(parsePath(entry.path)).not.toBeNull()
      if ('names' in entry) for (const name of entry.names) expect(`/${name.toString('latin1')}/`).not.toMatch(/\0|\/\.\.?\/|\/.*\/./s)
      if ('links' in entry) for (const link of entry.links) expect(parsePath(link)).not.toBeNull()
    },
  }
}
