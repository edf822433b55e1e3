export interface TransferProgress {
  /** Bytes that came over the network, of those that are done. */
  readonly dataBytes: bigint
  readonly doneBytes: bigint
  readonly leftBytes: bigint
}

/** Whether more data will come, if it goes on as it did, than the channel that is open carries while a wider one is made. */
export function isWorthWidening({ dataBytes, doneBytes, leftBytes }: TransferProgress, carriedMeanwhileBytes: bigint): boolean {
  return dataBytes * leftBytes > carriedMeanwhileBytes * doneBytes
}
