import type { Config } from '../config/config-types.js'
import type { RemoteHost } from '../ssh/remote-port.js'
import { asArray, asBoolean, asCount, asObject } from '../state/state-shape.js'
import { absoluteOf, parseAnswer, parseOfferedParts, SHA256, SNAPSHOT_NAME, wordOf } from '../target/parse-source-init.js'
import { onSource } from '../target/source-commands.js'
import { parseVerifyCounts, parseVerifyFilter } from './parse-verification.js'
import type { ListedVerification, OfferedVerification, VerifyInit, VerifyList } from './source-offer.js'

/** What a target asks the source about verifications. */
export interface VerifyCommands {
  /** Those from `start` to `end`, both included; null = no bound. */
  list(start: number | null, end: number | null): Promise<VerifyList>
  init(timestamp: number): Promise<VerifyInit>
}

const SECONDS = 600

export function verifyCommands(host: RemoteHost, config: Config, signal: AbortSignal): VerifyCommands {
  const run = onSource(host, config, signal)
  const ask = async (command: string, args: readonly string[]) => await run(command, args, { timeoutSeconds: SECONDS })
  return {
    async list(start, end) {
      const args = [...(start === null ? [] : ['-s', String(start)]), ...(end === null ? [] : ['-e', String(end)])]
      const command = 'lustrebackup_source_verify_list'
      return parseAnswer(await ask(command, args), `${command} on ${host.name}`, (fields, answer) => ({
        ...answer,
        verifications: asArray(fields.verifications, 'verifications').map(parseListed),
        oldest: fields.oldest === undefined || fields.oldest === null ? null : parseOffered(asObject(fields.oldest, 'oldest')),
      }))
    },
    async init(timestamp) {
      const command = 'lustrebackup_source_verify_init'
      return parseAnswer(await ask(command, ['-t', String(timestamp)]), `${command} on ${host.name}`, (fields, answer) => ({
        ...answer,
        verification: parseOffered(asObject(fields.verification, 'verification')),
      }))
    },
  }
}

function parseListed(value: unknown): ListedVerification {
  const fields = asObject(value, 'a verification')
  return {
    timestamp: asCount(fields.timestamp, 'timestamp'),
    start: asCount(fields.start, 'start'),
    snapshotName: wordOf(fields.snapshotName, 'snapshotName', SNAPSHOT_NAME),
    whole: asBoolean(fields.whole, 'whole'),
    filter: parseVerifyFilter(fields.filter),
    finishedAt: asCount(fields.finishedAt, 'finishedAt'),
    counts: parseVerifyCounts(fields.counts),
  }
}

function parseOffered(fields: Readonly<Record<string, unknown>>): OfferedVerification {
  return {
    timestamp: asCount(fields.timestamp, 'timestamp'),
    snapshotName: wordOf(fields.snapshotName, 'snapshotName', SNAPSHOT_NAME),
    path: absoluteOf(fields.path, 'path'),
    headerDigest: wordOf(fields.headerDigest, 'headerDigest', SHA256),
    parts: parseOfferedParts(fields.parts, 'parts'),
  }
}
