import { checkPartFiles, type PartsOwner, readLines } from '../parts/line-reader.js'
import { LineWriter } from '../parts/line-writer.js'
import { decodeVerify, encodeVerify } from './codec.js'
import { VERIFY_KINDS, type VerifyEntries, type VerifyKind, type VerifyPart } from './verification-types.js'

const VERIFICATION: PartsOwner = {
  name: 'verification',
  code: 'VERIFICATION',
  hint: 'It is damaged and nothing of it was used. Make it again on the source with lustrebackup_source_verify.',
}

/** Reads every part once: afterwards they may be believed to be what the header says. */
export function checkVerification(folder: string, parts: readonly VerifyPart[]): Promise<void> {
  return checkPartFiles(folder, parts, VERIFICATION)
}

/** The lines of one part in batches. */
export function readVerifyPart<K extends VerifyKind>(
  folder: string,
  part: { readonly kind: K; readonly file: string },
): AsyncGenerator<VerifyEntries[K][]> {
  return readLines<VerifyEntries[K]>(folder, part, (line) => decodeVerify(part.kind, line), VERIFICATION)
}

/** Writes the parts of one task; `name` tells the files of concurrent writers apart. */
export class VerifyWriter {
  readonly #writers = new Map<VerifyKind, LineWriter>()

  constructor(
    private readonly folder: string,
    private readonly name: string,
  ) {}

  write<K extends VerifyKind>(kind: K, entry: VerifyEntries[K]): void {
    const writer = this.#writers.get(kind) ?? new LineWriter(this.folder, `${kind}.${this.name}.ndjson`)
    this.#writers.set(kind, writer)
    writer.write(encodeVerify(kind, entry))
  }

  /** Flushes everything to disk and describes the parts for the header. */
  finish(): VerifyPart[] {
    return VERIFY_KINDS.flatMap((kind) => {
      const writer = this.#writers.get(kind)
      return writer === undefined ? [] : [{ kind, ...writer.finish() }]
    })
  }
}
