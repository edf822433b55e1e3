import { describe, expect, it } from 'vitest'
import { headerOf } from '../namespace/testing/model-map.js'
import type { EntryStat } from '../tree/tree-port.js'
import { parsePath } from '../types/path-bytes.js'
import { planDifference, planLinksDifference } from './difference-plan.js'

const path = (text: string) => parsePath(Buffer.from(text))!
const attributes = { type: 'f', mode: 0o644, uid: 1, gid: 2, size: 3n, mtimeNs: 4n, nlink: 1, rdev: null } as const
const node = {
  ...attributes,
  fid: headerOf([]).roots.dataPath,
  path: path('a'),
  acl: null,
  defaultAcl: null,
  released: false,
}
const stat = (changes: Partial<EntryStat> = {}): EntryStat => ({ ...attributes, dev: 1n, ino: 10n, ...changes })
const seen = (changes: Partial<EntryStat> = {}) => ({ stat: stat(changes), acl: null, defaultAcl: null })

describe('one entry', () => {
  it.each([
    ['as it should be', seen(), null],
    ['missing', null, { kind: 'missing', clear: false, next: 'transfer' }],
    ['of another type', seen({ type: 'p' }), { kind: 'other-type', clear: true, next: 'transfer' }],
    ['of another size', seen({ size: 4n }), { kind: 'other-content', clear: false, next: 'transfer' }],
    ['of another time', seen({ mtimeNs: 5n }), { kind: 'other-content', clear: false, next: 'transfer' }],
    ['with a second name', seen({ nlink: 2 }), { kind: 'other-links', clear: true, next: 'transfer' }],
    ['of another mode', seen({ mode: 0o600 }), { kind: 'other-attributes', clear: false, next: 'attributes' }],
    ['of another owner', seen({ uid: 9 }), { kind: 'other-attributes', clear: false, next: 'attributes' }],
  ])('%s', (_, target, expected) => {
    expect(planDifference(node, target)).toEqual(expected)
  })
})

describe('an object with several names', () => {
  const entry = { ...node, nlink: 2, links: [path('b')], same: false, complete: true }
  const decide = (complete: boolean, ...stats: (EntryStat | null)[]) => {
    const { clear, link, anchor, differences } = planLinksDifference({ ...entry, complete }, stats)
    const shown = differences.map((difference) => `${difference.path} ${difference.kind}`)
    return { clear: clear.map(String), link: link.map(String), anchor: anchor && String(anchor.path), differences: shown }
  }

  it('is right when they are one inode and nothing else is', () => {
    expect(decide(true, stat({ nlink: 2 }), stat({ nlink: 2 }))).toEqual({ clear: [], link: [], anchor: 'a', differences: [] })
  })

  it('is linked again where a name is missing or another inode', () => {
    expect(decide(true, stat(), null)).toEqual({ clear: [], link: ['b'], anchor: 'a', differences: ['b missing'] })
    expect(decide(true, stat(), stat({ ino: 11n }))).toEqual({ clear: ['b'], link: ['b'], anchor: 'a', differences: ['b other-links'] })
  })

  it('is made anew when a name that it should not have shares its inode, unless not all names are known', () => {
    const three = [stat({ nlink: 3 }), stat({ nlink: 3 })]
    const differences = ['a other-links', 'b other-links']
    expect(decide(true, ...three)).toEqual({ clear: ['a', 'b'], link: [], anchor: null, differences })
    expect(decide(false, ...three)).toEqual({ clear: [], link: [], anchor: 'a', differences: [] })
  })
})
