import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Lustresim } from '../sim.js'
import { makeSim } from '../testing.test-helper.js'
import { collectingContext } from './shim-io.js'
import { runTool } from './tools.js'

/** Runs a stand-in program as its wrapper would: exit code, stdout, stderr. */
async function run(sim: Lustresim, line: string | readonly string[]) {
  const [tool = '', ...args] = typeof line === 'string' ? line.split(' ') : line
  const out: Buffer[] = []
  let err = ''
  const write = (text: string) => {
    err += text
  }
  const code = await runTool(tool, collectingContext(sim, args, { out: (text) => out.push(Buffer.from(text)), err: write }))
  sim.flush()
  return { code, out: Buffer.concat(out).toString(), err }
}

describe('lctl snapshot_*', () => {
  it('creates, lists, mounts and destroys with the texts of a real MGS', async () => {
    const sim = makeSim()
    expect(await run(sim, ['lctl', 'snapshot_create', '-F', 'src', '-n', 'snap1', '-c', 'first snapshot'])).toEqual({
      code: 0,
      out: '',
      err: '',
    })
    const created = new Date(Number(sim.fs('src').core.now() / 1_000_000n)).toString()
    const time = `${created.slice(0, 10)} ${created.slice(16, 24)} ${created.slice(11, 15)}`
    const listed = await run(sim, 'lctl snapshot_list -F src -n snap1')
    expect(listed.out).toMatch(/^\nfilesystem_name: src\nsnapshot_name: snap1\n/)
    expect(listed.out.split('\n').sort()).toEqual(
      [
        '',
        '',
        'filesystem_name: src',
        'snapshot_name: snap1',
        'snapshot_fsname: 00000001 ',
        'comment: first snapshot ',
        `create_time: ${time}`,
        `modify_time: ${time}`,
        'status: not mount',
      ].sort(),
    )
    expect(await run(sim, 'lctl snapshot_mount --fsname=src -nsnap1')).toMatchObject({
      code: 0,
      out: 'mounted the snapshot snap1 with fsname 00000001\n',
    })
    expect((await run(sim, 'lctl snapshot_list -F src')).out).toMatch(/status: mounted\n$/)
    expect(await run(sim, 'lctl snapshot_destroy -F src -n snap1')).toMatchObject({ code: 1, err: "Can't destroy the snapshot snap1\n" })
    expect((await run(sim, 'lctl snapshot_destroy -F src -f -n snap1')).code).toBe(0)
    expect(await run(sim, 'lctl snapshot_list -F src')).toEqual({ code: 0, out: '', err: '' })
  })

  it('shows in detail which pieces a snapshot lacks', async () => {
    const sim = makeSim()
    sim.setFaults({ missing_pieces: ['OST0001'] })
    await run(sim, 'lctl snapshot_create -F src -n s')
    const blocks = (await run(sim, 'lctl snapshot_list -F src -n s -d')).out.split('\n\n').slice(1)
    expect(blocks.map((block) => block.split('\n')[0])).toEqual(
      ['MGS', 'MDT0000', 'MDT0001', 'OST0000', 'OST0001'].map((role) => `snapshot_role: ${role}`),
    )
    expect(blocks[3]).toContain('snapshot_fsname: 00000001 ')
    expect(blocks[4]).toBe('snapshot_role: OST0001\nstatus: not mount\n')
  })

  it('complains as the real one does', async () => {
    const sim = makeSim()
    const complaint = async (line: string) => {
      const { code, err } = await run(sim, line)
      return [code, err.split('\n')[0]]
    }
    expect(await complaint('lctl snapshot_create -n x')).toEqual([22, 'The fsname must be specified'])
    expect(await complaint('lctl snapshot_create -F src')).toEqual([22, 'Miss the snapshot name to be created'])
    expect(await complaint('lctl snapshot_list -F nosuch')).toEqual([1, 'Miss MDT0 in the config file /etc/ldev.conf'])
    expect(await complaint('lctl snapshot_list -F src -n nosuch')).toEqual([22, "Can't list the snapshot nosuch"])
    expect(await complaint('lctl snapshot_mount -F src -n nosuch')).toEqual([22, "Can't mount the snapshot nosuch: Invalid argument"])
    expect((await run(sim, 'lctl snapshot_create --help')).code).toBe(0)
    sim.setFaults({ lctl_failures: { snapshot_list: 7 } })
    expect((await run(sim, 'lctl snapshot_list -F src')).code).toBe(7)
  })
})

describe('lctl and the changelog', () => {
  it('registers, shows and deregisters users', async () => {
    const sim = makeSim()
    expect((await run(sim, 'lctl --device src-MDT0000 changelog_register')).out).toBe("src-MDT0000: Registered changelog userid 'cl1'\n")
    expect((await run(sim, 'lctl --device src-MDT0000 changelog_register -n')).out).toBe('cl2\n')
    expect((await run(sim, 'lctl --device src-MDT0000 changelog_register --user backup --mask=+hsm')).out).toContain("'cl3-backup'")
    expect(await run(sim, 'lctl --device src-MDT0000 changelog_register --user backup')).toMatchObject({
      code: 17,
      err: 'error: changelog_register: User exists\n',
    })
    expect((await run(sim, 'lctl --device nosuch changelog_register')).code).toBe(1)
    sim.fs('src').create('f')
    sim.flush()
    expect((await run(sim, 'lctl get_param -n mdd.src-MDT0000.changelog_users')).out).toBe(
      'current_index: 3\nID                            index (idle) mask\n' +
        'cl1                               0 (0)\ncl2                               0 (0)\ncl3-backup                        0 (0) mask=HSM\n',
    )
    expect((await run(sim, 'lctl --device src-MDT0000 changelog_deregister cl2')).out).toBe('src-MDT0000: Deregistered changelog user #2\n')
    expect((await run(sim, 'lctl --device src-MDT0000 changelog_deregister cl99')).code).toBe(2)
  })

  it('changes the mask', async () => {
    const sim = makeSim()
    await run(sim, 'lctl set_param mdd.src-MDT0000.changelog_mask=-OPEN')
    const mask = await run(sim, 'lctl get_param -n mdd.src-MDT0000.changelog_current_mask')
    expect(mask.out).toMatch(/^MARK CREAT .* RENME RNMTO CLOSE LYOUT .* RESYNC \n$/)
    expect(await run(sim, 'lctl set_param mdc.00000001-MDT*.mdc_lsom=off llite.00000001-*.xattr_cache=0')).toMatchObject({ code: 0 })
    expect((await run(sim, 'lctl set_param no.such=1')).code).toBe(2)
  })
})

describe('lfs', () => {
  function mounted(mounts: 'bind' | 'symlink' = 'bind') {
    const sim = makeSim({ mounts })
    const live = join(sim.paths.root, 'mnt')
    sim.mount('src', live, ['user_xattr'])
    return { sim, live, fs: sim.fs('src') }
  }

  it.each(['bind', 'symlink'] as const)('turns paths into FIDs and back over a %s mount', async (kind) => {
    const { sim, live, fs } = mounted(kind)
    const fid = fs.create('f')
    fs.link('f', 'g')
    sim.flush()
    writeFileSync(join(live, 'by a shell'), 'x')
    expect((await run(sim, `lfs path2fid ${live}/f`)).out).toBe(`${fid}\n`)
    expect((await run(sim, `lfs path2fid ${live}`)).out).toBe('[0x200000007:0x1:0x0]\n')
    expect((await run(sim, ['lfs', 'path2fid', join(live, 'by a shell')])).out).toMatch(/^\[0x2/)
    expect((await run(sim, `lfs path2fid --parents ${live}/f`)).out).toBe('[0x200000007:0x1:0x0]/f\t[0x200000007:0x1:0x0]/g\n')
    expect((await run(sim, `lfs fid2path ${live} ${fid}`)).out).toBe(`${live}/f\n${live}/g\n`)
    expect((await run(sim, `lfs fid2path --link 1 src ${fid}`)).out).toBe('g\n')
    expect((await run(sim, `lfs fid2path ${live} [0x200000007:0x1:0x0]`)).out).toBe(`${live}//\n`)
  })

  it('fails as the real one does', async () => {
    const { sim, live } = mounted()
    expect(await run(sim, `lfs path2fid ${live}/nosuch`)).toMatchObject({
      code: 2,
      err: `lfs path2fid: cannot get fid for '${live}/nosuch': No such file or directory\n`,
    })
    expect((await run(sim, 'lfs path2fid /')).code).toBe(61)
    expect((await run(sim, 'lfs fid2path / [0x1:0x1:0x0]')).code).toBe(19)
    expect(await run(sim, `lfs fid2path ${live} [0x200000402:0xffff:0x0]`)).toMatchObject({ code: 2 })
    expect((await run(sim, `lfs fid2path ${live} garbage`)).code).toBe(22)
  })

  it('makes a folder on the MDT that is asked for, with the records of lfs mkdir', async () => {
    const { sim, live, fs } = mounted()
    fs.registerChangelog()
    sim.flush()
    expect((await run(sim, `lfs mkdir -i 1 ${live}/r`)).code).toBe(0)
    expect(fs.fidOf('r')).toMatch(/^\[0x240000402:/)
    expect([0, 1].map((mdt) => fs.records(mdt).map((record) => `${record.typeName} ${record.jobid}`))).toEqual([
      ['OPEN lfs.0', 'CLOSE lfs.0'],
      ['MKDIR lfs.0'],
    ])
    expect((await run(sim, `lfs mkdir -i 1 ${live}/r`)).code).toBe(17)
  })

  it('prints and clears changelogs', async () => {
    const { sim, fs } = mounted()
    fs.registerChangelog()
    fs.create('f')
    sim.flush()
    expect((await run(sim, 'lfs changelog src-MDT0000 2')).out).toMatch(/^2 10OPEN {2}.* m=-w- .*\n3 11CLOSE .*\n$/)
    expect((await run(sim, 'lfs changelog src-MDT0000 1 1')).out).toMatch(/^1 01CREAT .* p=\[0x200000007:0x1:0x0\] f\n$/)
    expect(await run(sim, 'lfs changelog src-MDT0007')).toMatchObject({
      code: 2,
      err: 'lfs changelog: cannot start changelog: No such file or directory\n',
    })
    expect(await run(sim, 'lfs changelog_clear src-MDT0000 cl1 2')).toEqual({ code: 0, out: '', err: '' })
    expect((await run(sim, 'lfs changelog src-MDT0000 1')).out).toMatch(/^3 /)
    expect(await run(sim, 'lfs changelog_clear src-MDT0000 cl1 1')).toMatchObject({
      code: 22,
      err: "lfs changelog_clear: cannot purge records for 'cl1': Invalid argument (22)\nchangelog_clear: record out of range: 1\n",
    })
    expect((await run(sim, 'lfs changelog_clear src-MDT0000 cl9 3')).code).toBe(2)
    expect((await run(sim, 'lfs changelog_clear src-MDT0000 cl1 -1')).code).toBe(4)
  })
})

describe.each(['bind', 'symlink'] as const)('client mounts (%s)', (mounts) => {
  async function withSnapshot() {
    const sim = makeSim({ mounts })
    const fs = sim.fs('src')
    fs.writeFile('f', 'then')
    fs.setxattr('f', 'user.k', 'v')
    fs.snapshot('s0')
    fs.overwrite('f', 0, 'now!')
    sim.flush()
    const target = join(sim.paths.root, 'mnt', 's0')
    mkdirSync(target, { recursive: true })
    const source = '10.0.0.1@tcp:/00000001'
    return { sim, fs, target, source, mountLine: (options: string) => `mount -t lustre -o ${options} ${source} ${target}` }
  }

  it('show the snapshot, are found, and go', async () => {
    const { sim, fs, target, source, mountLine } = await withSnapshot()
    fs.snapshots.mount('s0')
    expect(await run(sim, mountLine('ro,noatime,user_xattr'))).toEqual({ code: 0, out: '', err: '' })
    expect(readFileSync(join(target, 'f'), 'latin1')).toBe('then')
    const found = await run(sim, `findmnt -n -o SOURCE,FSTYPE,OPTIONS --target ${target}/f`)
    expect(found.out).toMatch(/^10\.0\.0\.1@tcp:\/00000001 lustre ro,noatime,.*,user_xattr,verbose\n$/)
    const json = await run(sim, `findmnt -J -o target,source --mountpoint ${target}`)
    expect(JSON.parse(json.out)).toEqual({ filesystems: [{ target, source }] })
    expect((await run(sim, 'mount -t lustre')).out).toContain(`${source} on ${target} type lustre (ro,`)
    expect((await run(sim, mountLine('ro'))).code).toBe(17)
    expect((await run(sim, ['umount', target])).code).toBe(0)
    expect(readdirSync(target)).toEqual([])
    expect((await run(sim, 'findmnt -t lustre')).code).toBe(1)
  })

  it('without user_xattr hide user xattrs, and nothing else', async () => {
    const { sim, fs, target, mountLine } = await withSnapshot()
    fs.setfacl('f', ['-m', 'u:7:r'])
    fs.snapshot('s1')
    fs.snapshots.mount('s1')
    sim.flush()
    const attributes = () => execFileSync('getfattr', ['-m', '-', '--absolute-names', join(target, 'f')]).toString()
    expect((await run(sim, mountLine('ro').replace('00000001', '00000002'))).code).toBe(0)
    expect(attributes()).toContain('system.posix_acl_access')
    expect(attributes()).not.toContain('user.k')
    expect((await run(sim, `lfs path2fid ${target}/f`)).out).toBe(`${fs.fidOf('f')}\n`)
    await run(sim, ['umount', target])
    await run(sim, mountLine('ro,user_xattr').replace('00000001', '00000002'))
    expect(attributes()).toContain('user.k')
  })

  it('are refused without ro, for an unknown name, and hang before the servers have the snapshot', async () => {
    const { sim, fs, target, mountLine } = await withSnapshot()
    sim.setFaults({ mount_hang_ms: 1 })
    expect(await run(sim, mountLine('ro'))).toMatchObject({ code: 110 })
    fs.snapshots.mount('s0')
    expect(await run(sim, mountLine('user_xattr'))).toMatchObject({ code: 13, err: expect.stringMatching(/failed: Permission denied\n$/) })
    expect(await run(sim, `mount -t lustre -o ro 10.0.0.1@tcp:/nosuch ${target}`)).toMatchObject({
      code: 2,
      err: expect.stringContaining('Is the MGS specification correct?'),
    })
    expect((await run(sim, `mount -t lustre -o ro 10.0.0.1@tcp:/00000001 ${target}/nosuch`)).code).toBe(32)
  })
})

it.skipIf(process.getuid?.() !== 0)('mounts snapshots read-only where it may', async () => {
  const sim = makeSim({ mounts: 'bind' })
  const fs = sim.fs('src')
  fs.snapshot('s0')
  fs.snapshots.mount('s0')
  const target = join(sim.paths.root, 'mnt')
  sim.mount('00000001', target, ['ro', 'user_xattr'])
  expect(() => writeFileSync(join(target, 'x'), '')).toThrow(/EROFS/)
})

const main = new URL('../../dist/shim/main.js', import.meta.url)
it.skipIf(!existsSync(main))('works through its wrappers, with an empty environment', () => {
  const sim = makeSim()
  sim.fs('src').create('f')
  sim.flush()
  const result = spawnSync(join(sim.bin, 'lctl_snapshot_create.sh'), ['-F', 'src', '-n', 's 0', '-c', "it's"], {
    env: {},
    encoding: 'utf8',
  })
  expect(result).toMatchObject({ status: 2, stderr: "Can't create the snapshot s 0\n" })
  expect(spawnSync(join(sim.bin, 'lctl'), ['snapshot_create', '-F', 'src', '-n', 's0', '-c', "it's"], { env: {} }).status).toBe(0)
  expect(execFileSync(join(sim.bin, 'lctl_snapshot_list.sh'), ['-F', 'src'], { env: {}, encoding: 'utf8' })).toContain("comment: it's \n")
})
