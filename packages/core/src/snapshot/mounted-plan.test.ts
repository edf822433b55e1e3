import { describe, expect, it } from 'vitest'
import type { Role } from '../config/config-keys.js'
import type { Config } from '../config/config-types.js'
import { needsMount, whyNotMounted } from './mounted-plan.js'
import type { Mount } from './parse-findmnt.js'

function config(backend: 'lustre' | 'none' = 'lustre', fsname = 'src', metaBasepath = '/mnt/.lustrebackup'): Config {
  return { lustre: { fsname, dataMount: '/mnt', metaBasepath }, backup: { snapshotBackend: backend } } as unknown as Config
}

const mounted = (source: string, fstype = 'lustre'): Mount => ({ source, fstype, target: '/mnt', options: [] })

describe('data_mount', () => {
  it.each<[Mount[], Role, Config, string | null]>([
    [[mounted('10.0.0.1@tcp:/src')], 'source', config(), null],
    [[mounted('10.0.0.1@tcp:10.0.0.2@tcp:/src/projects')], 'source', config(), null],
    [[], 'source', config(), 'nothing is mounted there'],
    [[], 'target', config('none'), 'nothing is mounted there'],
    [[mounted('1@tcp:/src2')], 'source', config(), '1@tcp:/src2 is mounted there, and [LUSTRE] fsname is src'],
    [[mounted('1@tcp:/src'), mounted('1@tcp:/other')], 'source', config(), '1@tcp:/other is mounted there, and [LUSTRE] fsname is src'],
    [[mounted('/dev/sda1', 'xfs')], 'target', config(), '/dev/sda1 is mounted there, of type xfs and not lustre'],
    [[mounted('/dev/sda1', 'xfs')], 'source', config('none'), '/dev/sda1 is mounted there, of type xfs and not lustre'],
    [[mounted('/dev/sda1', 'xfs')], 'target', config('none'), null],
    [[mounted('1@tcp:/any')], 'target', config('none', ''), null],
    [[mounted('/etc/auto.lustre', 'autofs')], 'source', config(), null],
  ])('%j for a %s', (mounts, role, configuration, reason) => {
    expect(whyNotMounted(mounts, configuration, role)).toBe(reason)
  })

  it('is not needed by snapshot commands whose state lies elsewhere', () => {
    expect(needsMount(config(), 'snapshot')).toBe(true)
    expect(needsMount(config('lustre', 'src', '/var/lib/lustrebackup'), 'snapshot')).toBe(false)
    expect(needsMount(config('lustre', 'src', '/var/lib/lustrebackup'), 'source')).toBe(true)
  })
})
