import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Lustreapi } from '../binding.js'
import { loadAddon } from '../load.js'

/** The built addon; a test run without it says how to build it. */
export function builtAddon(): Lustreapi {
  const loaded = loadAddon()
  if (!loaded.ok) throw new Error(`${loaded.reason}: ${loaded.hint}`)
  return loaded.addon
}

export interface TestRoot extends Disposable {
  readonly path: string
  readonly fd: number
}

/** A fresh folder, opened as a root; gone at the end of the block that uses it. */
export function makeTestRoot(addon: Lustreapi): TestRoot {
  const path = mkdtempSync(join(tmpdir(), 'lustreapi-'))
  const fd = addon.openRoot(path)
  return {
    path,
    fd,
    [Symbol.dispose]() {
      addon.closeRoot(fd)
      rmSync(path, { recursive: true, force: true })
    },
  }
}

/** The code of the error that a call throws, `none` if it does not. */
export function codeOf(call: () => unknown): string {
  try {
    call()
    return 'none'
  } catch (error) {
    return (error as { code?: string }).code ?? String(error)
  }
}

export const bytes = (text: string): Buffer => Buffer.from(text)
