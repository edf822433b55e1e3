import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadAddon } from '@lustrebackup/lustreapi/load'
import { compileScriptedLibrary } from '@lustrebackup/lustreapi/testing/scripted-library'
import type { Subject } from '../support/subject.js'
import { changelogSubjects } from './changelog-subjects.js'
import { frameSubjects } from './frame-subjects.js'
import { keptSubject } from './kept-subject.js'
import { mapSubjects } from './map-subjects.js'
import { sessionSubjects } from './session-subjects.js'
import { stateSubjects } from './state-subjects.js'
import { textSubjects } from './text-subjects.js'
import { verificationSubjects } from './verification-subjects.js'

export interface ParserSubjects extends Disposable {
  readonly subjects: readonly Subject[]
}

/** Everything that reads what another host, another program, or a disk that failed has written. */
export async function openParserSubjects(): Promise<ParserSubjects> {
  const folder = mkdtempSync(join(tmpdir(), 'lustrebackup-fuzz-'))
  const loaded = loadAddon()
  if (!loaded.ok) throw new Error(`${loaded.reason}: ${loaded.hint}`)
  const library = compileScriptedLibrary()
  loaded.addon.openLustreapi([library.path])
  const subjects = [
    ...mapSubjects(folder),
    ...verificationSubjects,
    ...frameSubjects,
    ...(await sessionSubjects(folder)),
    ...changelogSubjects(folder, loaded.addon),
    keptSubject(folder),
    ...textSubjects,
    ...stateSubjects(folder),
  ]
  return {
    subjects,
    [Symbol.dispose]: () => {
      library[Symbol.dispose]()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
