import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** A script that stands in the place of a program. */
export class Program {
  readonly path: string

  constructor(folder: string, name: string, lines: readonly string[]) {
    mkdirSync(folder, { recursive: true })
    this.path = join(folder, name)
    writeFileSync(this.path, ['#!/bin/bash', ...lines, ''].join('\n'))
    chmodSync(this.path, 0o755)
  }
}
