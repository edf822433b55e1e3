import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { HEADER_FILE } from '../backupmap/map-reader.js'
import { crashPoint } from '../crash/crash-point.js'
import { syncFolder } from '../state/durable.js'
import type { MetaLayout } from '../state/meta-layout.js'
import { replaceFile, saveState } from '../state/state-file.js'
import { replaceLink } from '../state/state-link.js'
import { parseVerification, plainJson } from './parse-verification.js'
import { isUnfiltered, type VerificationHeader } from './verification-types.js'

export interface StoredVerification {
  readonly folder: string
  readonly header: VerificationHeader
  /** sha256 of `header.json`, hex. */
  readonly headerDigest: string
}

/** Folder of a finished verification of the source. */
export function verificationFolder(layout: MetaLayout, timestamp: number): string {
  return join(layout.folder('verify'), String(timestamp))
}

/**
 * The header is written last, when every part is on disk; then the folder takes the place of an older one of the same snapshot.
 * Only when nothing was left out on purpose the snapshot counts as verified: its record keeps it from being destroyed.
 */
export function publishVerification(layout: MetaLayout, partFolder: string, header: VerificationHeader): string {
  replaceFile(join(partFolder, HEADER_FILE), `${JSON.stringify(plainJson(header), null, 2)}\n`)
  const folder = verificationFolder(layout, header.timestamp)
  const replaced = join(layout.folder('tmp'), `verify-source-replaced-${header.timestamp}`)
  rmSync(replaced, { recursive: true, force: true })
  crashPoint('verification.cleared')
  if (existsSync(folder)) renameSync(folder, replaced)
  crashPoint('verification.replaced')
  renameSync(partFolder, folder)
  crashPoint('verification.published')
  syncFolder(layout.folder('verify'))
  if (isUnfiltered(header.filter)) {
    const { parts: _, ...record } = header
    saveState(layout.verify(header.timestamp), plainJson(record))
    replaceLink(layout.link('last_verified'), layout.verify(header.timestamp))
  }
  return folder
}

/** A finished verification; null when there is none of this snapshot. */
export function loadVerification(layout: MetaLayout, timestamp: number): StoredVerification | null {
  const folder = verificationFolder(layout, timestamp)
  const file = join(folder, HEADER_FILE)
  if (!existsSync(file)) return null
  const bytes = readFileSync(file)
  const header = parseVerification(bytes.toString('utf8'), file)
  return { folder, header, headerDigest: createHash('sha256').update(bytes).digest('hex') }
}

/** Timestamps of all finished verifications, oldest first. */
export function listVerifications(layout: MetaLayout): number[] {
  const folder = layout.folder('verify')
  const names = existsSync(folder) ? readdirSync(folder).filter((name) => /^[0-9]{1,12}$/.test(name)) : []
  return names
    .map(Number)
    .filter((timestamp) => existsSync(join(verificationFolder(layout, timestamp), HEADER_FILE)))
    .toSorted((a, b) => a - b)
}
