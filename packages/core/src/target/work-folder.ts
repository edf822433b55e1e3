import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { crashPoint } from '../crash/crash-point.js'
import type { MetaLayout } from '../state/meta-layout.js'

/** What one backup keeps under `tmp/` until it is finished. */
export interface WorkFolder {
  readonly folder: string
  readonly drift: string
  readonly staging: string
  readonly mirror: string
  readonly lists: string
  readonly retry: string
  /** Which large files are done. */
  readonly largeDone: string
  /** What the phase `prepare` found out. */
  readonly prepared: string
  /** What the phase `mirror` found out. */
  readonly mirrored: string
  readonly compare: CompareFolder
}

/** What the phase `compare` keeps. */
export interface CompareFolder {
  readonly folder: string
  readonly drift: string
  /** Parts: what is to be done. */
  readonly parts: string
  readonly suspects: string
  readonly lists: string
  readonly retry: string
  readonly largeDone: string
  readonly found: string
  readonly prepared: string
}

export function workFolder(layout: MetaLayout, timestamp: number): WorkFolder {
  const folder = join(layout.folder('tmp'), `backup-${timestamp}`)
  return {
    folder,
    drift: join(folder, 'drift.ndjson'),
    staging: join(layout.folder('tmp'), `staging-${timestamp}`),
    mirror: join(folder, 'mirror'),
    lists: join(folder, 'lists'),
    retry: join(folder, 'retry'),
    largeDone: join(folder, 'large-done'),
    prepared: join(folder, 'prepared.json'),
    mirrored: join(folder, 'mirrored.json'),
    compare: compareFolder(join(folder, 'compare')),
  }
}

function compareFolder(folder: string): CompareFolder {
  return {
    folder,
    drift: join(folder, 'drift.ndjson'),
    parts: join(folder, 'parts'),
    suspects: join(folder, 'suspects'),
    lists: join(folder, 'lists'),
    retry: join(folder, 'retry'),
    largeDone: join(folder, 'large-done'),
    found: join(folder, 'found.json'),
    prepared: join(folder, 'prepared.json'),
  }
}

/** Removes what backups that are over left behind: folders of work, folders of staging, maps other than that of the last backup. */
export function removeLeftovers(layout: MetaLayout, keepMap: number): void {
  for (const name of readdirSync(layout.folder('tmp'))) {
    if (/^(backup|staging|fetch|dry-run)-[0-9]+$/.test(name)) rmSync(join(layout.folder('tmp'), name), { recursive: true, force: true })
  }
  crashPoint('work-folder.removed')
  for (const name of readdirSync(layout.folder('backupmap'))) {
    if (/^[0-9]+$/.test(name) && name !== String(keepMap)) rmSync(layout.backupmap(Number(name)), { recursive: true, force: true })
  }
  crashPoint('old-map.removed')
}
