import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { MapPart, PartKind } from '@lustrebackup/core/backupmap/backupmap-types'
import { decodeEntry, encodeEntry } from '@lustrebackup/core/backupmap/codec'
import { loadHeader, readPart } from '@lustrebackup/core/backupmap/map-reader'
import { formatHeader, parseHeader } from '@lustrebackup/core/backupmap/parse-header'
import { parsePath } from '@lustrebackup/core/types/path-bytes'
import { expect } from 'vitest'
import { clearly, clearlyLater, type Subject } from '../support/subject.js'
import { PART_KINDS, SAMPLE_HEADERS, sampleLines } from './map-samples.js'

/** The map that a source sends: its header, each kind of line, and files of lines. */
export function mapSubjects(folder: string): Subject[] {
  return [headerSubject, headerFileSubject(folder), ...PART_KINDS.map(lineSubject), ...PART_KINDS.map((kind) => partSubject(kind, folder))]
}

const headerSubject: Subject = {
  name: 'header of a map',
  form: 'json',
  seeds: SAMPLE_HEADERS,
  check(input, _random, isValid) {
    const read = clearly(() => parseHeader(input.toString('utf8'), 'header.json'))
    if (isValid) expect(read).not.toBeNull()
    if (read === null) return
    expect(parseHeader(formatHeader(read.value), 'again')).toEqual(read.value)
    for (const { file } of read.value.parts) expect(file).toMatch(/^[a-z][a-z0-9.-]*$/)
  },
}

function headerFileSubject(folder: string): Subject {
  return {
    name: 'file of the header of a map',
    form: 'bytes',
    seeds: SAMPLE_HEADERS,
    async check(input) {
      writeFileSync(join(folder, 'header.json'), input)
      await clearlyLater(() => loadHeader(folder, null))
    },
  }
}

function lineSubject(kind: PartKind): Subject {
  return {
    name: `line of a map: ${kind}`,
    form: 'json',
    seeds: sampleLines(kind)
      .toString('utf8')
      .trimEnd()
      .split('\n')
      .map((line) => Buffer.from(line)),
    check(input, _random, isValid) {
      const entry = decodeEntry(kind, input.toString('utf8'))
      if (isValid) expect(entry).not.toHaveProperty('wrong')
      if ('wrong' in entry) expect(entry.wrong.length).toBeLessThan(1000)
      else expectRight(kind, entry)
    },
  }
}

/** What was read can be written and read again, and no path in it leads out of the tree. */
function expectRight(kind: PartKind, entry: object): void {
  expect(decodeEntry(kind, encodeEntry(kind, entry as never))).toEqual(entry)
  for (const path of pathsIn(entry)) {
    expect(parsePath(path)).not.toBeNull()
    expect(`/${path.toString('latin1')}/`).not.toMatch(/\0|\/\.\.?\/|\/\/./)
  }
}

function pathsIn(entry: object): Buffer[] {
  const named = ['path', 'to', 'from'].flatMap((name) => (name in entry ? [(entry as Record<string, Buffer>)[name]!] : []))
  const links = 'links' in entry ? (entry.links as Buffer[]) : []
  return [...named, ...links, ...('node' in entry ? pathsIn(entry.node as object) : [])]
}

function partSubject(kind: PartKind, folder: string): Subject {
  const part = { kind, file: 'part.ndjson', depth: null, entryCount: 0, sizeBytes: 0, digest: '' } as MapPart & { kind: PartKind }
  return {
    name: `part of a map: ${kind}`,
    form: 'json-lines',
    seeds: [Buffer.concat([sampleLines(kind), sampleLines(kind), sampleLines(kind)])],
    async check(input) {
      writeFileSync(join(folder, part.file), input)
      await clearlyLater(async () => {
        for await (const entries of readPart(folder, part)) for (const entry of entries) expectRight(kind, entry)
      })
    },
  }
}
