import { describe, expect, it } from 'vitest'
import { parseFid } from '../types/fid.js'
import { basenameOf, parsePath } from '../types/path-bytes.js'
import { type ObjectState, planObject, type TouchedObject } from './object-plan.js'

const fid = parseFid('[0x200000401:0x9:0x0]')!
const attributes = {
  type: 'f',
  mode: 0o644,
  uid: 0,
  gid: 0,
  size: 1n,
  mtimeNs: 0n,
  nlink: 1,
  rdev: null,
  acl: null,
  defaultAcl: null,
  released: false,
} as const

/** `places` are "parent:path", where parent stands for the identity of the folder. */
function state(places: string[], changes: Partial<ObjectState['attributes']> = {}, dataVersion: bigint | null = null): ObjectState {
  const links = places.map((place) => {
    const [parent, text] = place.split(':')
    const path = parsePath(Buffer.from(text!))!
    return { parent: parseFid(`[0x1:0x${parent}:0x0]`)!, name: basenameOf(path), path }
  })
  return { links, attributes: { ...attributes, ...changes }, dataVersion }
}

function show(object: Partial<TouchedObject>): string[] {
  const plan = planObject({ fid, meta: false, data: false, s0: null, s1: null, leftArea: false, ...object })
  return plan.steps.map(({ kind, entry }) => {
    const fields = entry as { path: Buffer; to?: Buffer; from?: Buffer; links?: Buffer[]; tree?: boolean }
    const extra = [
      fields.to && `to ${fields.to}`,
      fields.from && `from ${fields.from}`,
      fields.links?.length && `and ${fields.links}`,
      fields.tree && 'with all below',
    ]
    return [kind, fields.path.toString(), ...extra.filter(Boolean)].join(' ')
  })
}

describe('one object', () => {
  it.each<[string, Partial<TouchedObject>, string[]]>([
    ['in neither snapshot', {}, []],
    ['created', { s1: state(['1:a']) }, ['data a']],
    ['created with two links', { s1: state(['2:d/b', '1:a']) }, ['data a and d/b']],
    ['created directory', { s1: state(['1:d'], { type: 'd' }) }, ['mkdir d', 'attr d']],
    ['removed with both its links', { s0: state(['1:b', '1:a']) }, ['remove a', 'remove b']],
    ['removed directory', { s0: state(['1:d'], { type: 'd' }) }, ['remove d']],
    ['directory that left the area', { s0: state(['1:d'], { type: 'd' }), leftArea: true }, ['remove d with all below']],
    ['kept, nothing differs', { s0: state(['1:a']), s1: state(['1:a']) }, []],
    ['below a renamed directory', { s0: state(['1:old/a']), s1: state(['1:new/a']) }, []],
    ['same path in another folder', { s0: state(['1:d/f']), s1: state(['2:d/f']) }, ['move d/f to d/f', 'place d/f from d/f']],
    ['renamed', { s0: state(['1:a']), s1: state(['1:b']) }, ['move a to b', 'place b from a']],
    ['one link more', { s0: state(['1:a']), s1: state(['1:a', '1:b']) }, ['link b to a']],
    ['one link less', { s0: state(['1:a', '1:b']), s1: state(['1:b']) }, ['remove a']],
    ['a link moved, another kept', { s0: state(['1:a', '1:b']), s1: state(['1:b', '2:d/c']) }, ['remove a', 'link d/c to b']],
    [
      'all links replaced',
      { s0: state(['1:a', '1:b']), s1: state(['1:c', '1:d', '1:e']) },
      ['move a to c', 'place c from a', 'remove b', 'link d to c', 'link e to c'],
    ],
    ['other size', { s0: state(['1:a']), s1: state(['1:a'], { size: 2n }) }, ['data a']],
    ['other version, same size and time', { data: true, s0: state(['1:a'], {}, 1n), s1: state(['1:a'], {}, 2n) }, ['data a']],
    ['version that could not be read', { data: true, s0: state(['1:a'], {}, 1n), s1: state(['1:a']) }, ['data a']],
    ['touched, same version', { data: true, s0: state(['1:a'], {}, 1n), s1: state(['1:a'], { mtimeNs: 9n }, 1n) }, ['attr a']],
    ['attributes recorded', { meta: true, s0: state(['1:a']), s1: state(['1:a']) }, ['attr a']],
    ['ACL without a record', { s0: state(['1:a']), s1: state(['1:a'], { acl: Buffer.of(2) }) }, ['attr a']],
    ['mode without a record', { s0: state(['1:a']), s1: state(['1:a'], { mode: 0o600 }) }, ['attr a']],
    ['owner without a record', { s0: state(['1:a']), s1: state(['1:a'], { uid: 1 }) }, ['attr a']],
    ['group without a record', { s0: state(['1:a']), s1: state(['1:a'], { gid: 1 }) }, ['attr a']],
    ['default ACL without a record', { s0: state(['1:a']), s1: state(['1:a'], { defaultAcl: Buffer.of(2) }) }, ['attr a']],
    [
      'moved and written',
      { data: true, s0: state(['1:a'], {}, 1n), s1: state(['1:b'], {}, 2n) },
      ['move a to b', 'place b from a', 'data b'],
    ],
    ['directory of another time', { s0: state(['1:d'], { type: 'd' }), s1: state(['1:d'], { type: 'd', mtimeNs: 1n }) }, ['attr d']],
  ])('%s', (_, object, expected) => {
    expect(show(object)).toEqual(expected)
  })
})
