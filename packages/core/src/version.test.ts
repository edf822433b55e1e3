import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { VERSION } from './version.js'

it.each(['../package.json', '../../../package.json', '../../snapshot-cli/package.json'])('is the version of %s', (file) => {
  const manifest = JSON.parse(readFileSync(new URL(file, import.meta.url), 'utf8')) as { version: string }
  expect(manifest.version).toBe(VERSION)
})
