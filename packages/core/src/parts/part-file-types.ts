/** A file of one JSON object a line, as a header describes it. */
export interface PartFile {
  /** File name inside its folder. */
  readonly file: string
  /** Lines. */
  readonly entryCount: number
  readonly sizeBytes: number
  /** sha256 of the file, hex. */
  readonly digest: string
}
