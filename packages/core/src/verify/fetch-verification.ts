import { createHash } from 'node:crypto'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { HEADER_FILE, HEADER_MAX_BYTES } from '../backupmap/map-reader.js'
import { LustrebackupError } from '../errors/errors.js'
import { makeEmpty } from '../state/durable.js'
import { fetchPlainFiles } from '../transfer/list-run.js'
import { parseVerification } from './parse-verification.js'
import type { VerifyInit } from './source-offer.js'
import type { TargetVerifyPorts } from './target-verify-types.js'
import type { TargetWork } from './target-work.js'
import { checkVerification } from './verification-parts.js'
import type { VerificationHeader } from './verification-types.js'

/** A verification of the source, whole: what is here already is used if it is exactly what the source has. */
export async function fetchVerification(init: VerifyInit, work: TargetWork, ports: TargetVerifyPorts): Promise<VerificationHeader> {
  const known = await loadKnown(init, work)
  if (known !== null) return known
  makeEmpty(work.partFolder)
  const { parts: offered } = init.verification
  await fetch([HEADER_FILE, ...offered], 'header.list', init, work, ports)
  const header = loadHeader(init, work)
  assertAsked(header, init)
  const missing = header.parts.map(({ file }) => file).filter((file) => !offered.includes(file))
  if (missing.length > 0) await fetch(missing, 'parts.list', init, work, ports)
  await checkVerification(work.partFolder, header.parts)
  return header
}

async function loadKnown(init: VerifyInit, work: TargetWork): Promise<VerificationHeader | null> {
  if (!existsSync(join(work.partFolder, HEADER_FILE))) return null
  try {
    const header = loadHeader(init, work)
    await checkVerification(work.partFolder, header.parts)
    return header
  } catch {
    return null
  }
}

function loadHeader({ verification }: VerifyInit, { partFolder }: TargetWork): VerificationHeader {
  const file = join(partFolder, HEADER_FILE)
  const { size } = statSync(file)
  if (size > HEADER_MAX_BYTES) {
    throw new LustrebackupError(
      'VERIFICATION_HEADER_INVALID',
      `checking the verification: ${file} has ${size} bytes, more than any header has`,
    )
  }
  const bytes = readFileSync(file)
  if (createHash('sha256').update(bytes).digest('hex') !== verification.headerDigest) {
    throw new LustrebackupError(
      'VERIFICATION_DIGEST_MISMATCH',
      `checking the verification: the digest of ${file} is not the one that the source gave`,
      {
        hint: 'Run the same command again; if it stays so, make the verification again on the source.',
      },
    )
  }
  return parseVerification(bytes.toString('utf8'), file)
}

async function fetch(
  names: readonly string[],
  listName: string,
  init: VerifyInit,
  work: TargetWork,
  ports: TargetVerifyPorts,
): Promise<void> {
  const { config, exec, log, signal } = ports
  const settings = {
    rsyncCommand: config.backup.rsyncCommand,
    sshConfig: config.system.sshConfig,
    host: config.source.host,
    remoteFolder: init.verification.path,
    localFolder: work.partFolder,
  }
  await fetchPlainFiles(names, join(work.lists, listName), { exec, settings, signal, log })
}

/** The header must be of the verification that the source spoke of. */
function assertAsked(header: VerificationHeader, { verification, fsname }: VerifyInit): void {
  const { timestamp, snapshotName } = verification
  if (header.timestamp === timestamp && header.snapshotName === snapshotName && header.fsname === fsname) return
  throw new LustrebackupError(
    'VERIFICATION_NOT_ASKED',
    `fetching a verification: it is of ${header.snapshotName} of ${header.fsname}, and the source spoke of ${snapshotName} of ${fsname}`,
    { hint: 'Make the verification again on the source with lustrebackup_source_verify.' },
  )
}
