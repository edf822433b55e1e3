import { execFileSync, spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const ADDON = fileURLToPath(new URL('../build/lustreapi.node', import.meta.url))
const noObjdump = spawnSync('objdump', ['--version']).status !== 0

/** Of RHEL 8 and its relatives: glibc 2.28, libgcc of GCC 8. */
const HAS: Readonly<Record<string, readonly number[]>> = { GLIBC: [2, 28], GCC: [7, 0, 0] }

/** What the addon asks of the system's libraries: `[library, version]`. */
function needed(): [string, number[]][] {
  const symbols = execFileSync('objdump', ['-T', ADDON], { encoding: 'utf8', maxBuffer: 1 << 26 })
  const versions = symbols.split('\n').flatMap((line) => (/\*UND\*/.test(line) ? [...line.matchAll(/\(([A-Z]+)_([0-9.]+)\)/g)] : []))
  return versions.map(([, library, version]) => [library!, version!.split('.').map(Number)])
}

function isNewer(version: readonly number[], than: readonly number[]): boolean {
  const at = version.findIndex((part, index) => part !== (than[index] ?? 0))
  return at !== -1 && version[at]! > (than[at] ?? 0)
}

describe.skipIf(noObjdump)('the addon', () => {
  it('runs with the C library of RHEL 8', () => {
    expect(needed().length).toBeGreaterThan(20)
    expect(needed().filter(([library, version]) => HAS[library] === undefined || isNewer(version, HAS[library]))).toEqual([])
  })

  it('brings its own C++ library and keeps it to itself', () => {
    const sections = execFileSync('objdump', ['-p', ADDON], { encoding: 'utf8' })
    expect(sections).not.toContain('libstdc++')
    const defined = execFileSync('objdump', ['-T', ADDON], { encoding: 'utf8', maxBuffer: 1 << 26 })
    expect(defined).not.toMatch(/\.text\s.* _ZSt\d+__throw_/)
  })
})
