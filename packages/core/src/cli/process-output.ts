/**
 * Stops a reader that has gone away (`command | head`) from ending a backup: what is written from then on is dropped.
 * Any other failure of stdout, such as a full disk, is remembered, because a result that was lost is no success.
 */
export function guardOutput(stream: NodeJS.WriteStream): { readonly failure: () => Error | null } {
  let failure: Error | null = null
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') failure = error
  })
  return { failure: () => failure }
}

/** Settles when everything written so far has left the process, or never can, and its failure has been told. */
export async function flush(stream: NodeJS.WriteStream): Promise<void> {
  if (!stream.destroyed && stream.writableLength > 0) await new Promise<void>((resolve) => stream.write('', () => resolve()))
  await new Promise((resolve) => setImmediate(resolve))
}
