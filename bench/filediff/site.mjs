import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startSshd } from '../../packages/lustresim/dist/site/sshd.js'
import { buildDelayProxy, startDelayProxy } from '../support/delay-proxy.mjs'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const BOOTSTRAP = join(ROOT, 'scripts/dev/bootstrap.mjs')

/** Takes the place of a Lustre mount, of which filediff needs nothing. */
const findmnt = (mount) => `#!/bin/sh
echo '{"filesystems":[{"source":"127.0.0.1@tcp:/bench","target":"${mount}","fstype":"lustre","options":"rw"}]}'
`

/** The name of a link through a proxy that delays nothing: what the proxy itself costs is the same with every delay. */
export const PROXY_ONLY = 'proxy'

/** The commands as installed (anew, or in the prefix `installed`), two folders, a configuration, an sshd on a loopback port, and a proxy in front of it for each delay. */
export async function openSite(parent, delays, installed = null) {
  const folder = mkdtempSync(join(parent, 'lustrebackup-bench-'))
  const bin = join(folder, 'bin')
  const prefix = installed ?? join(folder, 'prefix')
  if (installed === null) execFileSync(process.execPath, [BOOTSTRAP, 'install-prefix', prefix], { stdio: ['ignore', 'ignore', 'inherit'] })
  for (const name of ['bin', 'snap/s1', 'target/data', 'meta', 'log']) mkdirSync(join(folder, name), { recursive: true })
  const peakFile = join(folder, 'source-peak')
  writeFileSync(join(bin, 'findmnt'), findmnt(join(folder, 'target')))
  const command = `#!/bin/sh\nexec /usr/bin/time -q -a -o ${peakFile} -f %M ${prefix}/bin/lustrebackup_source_filediff "$@"\n`
  writeFileSync(join(bin, 'lustrebackup_source_filediff'), command)
  for (const name of ['findmnt', 'lustrebackup_source_filediff']) chmodSync(join(bin, name), 0o755)
  const path = `${bin}:/usr/local/bin:/usr/bin:/bin`
  const sshd = await startSshd({ sshdConfig: [`SetEnv PATH=${path}`] })
  const links = new Map()
  const proxyProgram = buildDelayProxy(folder)
  for (const delay of [...delays, PROXY_ONLY]) links.set(delay, await openLink({ folder, path, sshd, proxyProgram }, delay))
  return {
    folder,
    targetCommand: join(prefix, 'bin/lustrebackup_target_filediff'),
    source: (name) => join(folder, 'snap/s1', name),
    target: (name) => join(folder, 'target/data', name),
    kept: join(folder, 'meta/kept'),
    /** sshd writes it a moment after it says that it listens. */
    get sshdPid() {
      return Number(readFileSync(join(dirname(sshd.hostKeyFile), 'pid'), 'latin1'))
    },
    link: (delay) => links.get(delay),
    /** Peak memory in MiB of the source processes since the last call. */
    sourcePeakMib: () => {
      const peaks = readFileSync(peakFile, 'latin1').trim().split('\n').map(Number)
      writeFileSync(peakFile, '')
      return Math.max(...peaks) / 1024
    },
    close: async () => {
      for (const { proxy } of links.values()) await proxy?.close()
      await sshd.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

async function openLink({ folder, path, sshd, proxyProgram }, delay) {
  const proxy = delay === 0 ? null : await startDelayProxy(proxyProgram, sshd.port, delay === PROXY_ONLY ? 0 : delay)
  const sshConfig = join(folder, `ssh-config-${delay}`)
  const conf = join(folder, `lustrebackup-${delay}.conf`)
  const port = proxy?.port ?? sshd.port
  const text = readFileSync(sshd.clientConfigFile, 'utf8').replaceAll(String(sshd.port), String(port))
  const knownHosts = join(folder, `known-hosts-${delay}`)
  writeFileSync(knownHosts, readFileSync(sshd.knownHostsFile, 'utf8').replaceAll(String(sshd.port), String(port)))
  writeFileSync(sshConfig, text.replaceAll(sshd.knownHostsFile, knownHosts))
  writeFileSync(conf, confText(folder, path, sshConfig, conf))
  return { proxy, sshConfig, conf }
}

function confText(folder, path, sshConfig, conf) {
  return `[GLOBAL]
logdir = ${join(folder, 'log')}
[LUSTRE]
fsname = bench
nid = 127.0.0.1@tcp
mgs =
mdt = MDT0000
changelog_user = cl1
data_mount = ${join(folder, 'target')}
data_path = ${join(folder, 'target/data')}
meta_basepath = ${join(folder, 'meta')}
snapshot_home = ${join(folder, 'snap')}
[SOURCE]
host = source
conf = ${conf}
[BACKUP]
snapshot_backend = none
[SYSTEM]
ssh_config = ${sshConfig}
command_path = ${path}
`
}
