import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs'
import { crashPoint } from '../crash/crash-point.js'
import { writing } from './unwritable.js'

/** Node refuses to write 2 GiB in one call. */
const MOST_AT_ONCE = 2 ** 30

/** Appends to a file all of it or says by name why not; with `sync` everything in the file is on disk when this returns. */
export function appendToFile(file: string, bytes: Uint8Array, { sync }: { readonly sync: boolean }): void {
  writing(file, () => {
    const fd = openSync(file, 'a')
    try {
      for (let written = 0; written < bytes.length; )
        written += writeSync(fd, bytes, written, Math.min(bytes.length - written, MOST_AT_ONCE))
      crashPoint('file.appended', file)
      if (sync) fsyncSync(fd)
    } finally {
      closeSync(fd)
    }
  })
}
