#!/usr/bin/env node
import { Command, InvalidArgumentError } from 'commander'
import { OPERATIONS, type OperationOptions, operationHelp } from './cli-operations.js'
import type { Faults } from './faults.js'
import { formatRecord } from './record-text.js'
import { Lustresim } from './sim.js'

const program = new Command('lustresim').description(
  'a folder that behaves like Lustre file systems, for the demo, the tests and curious people',
)

program
  .command('create <root>')
  .description('make a simulator')
  .requiredOption('-f, --fs <name[:mdts[:osts]]>', 'a file system; may be given again', collect, [])
  .option('-m, --mounts <bind|symlink>', 'how clients mount')
  .action((root: string, options: { fs: string[]; mounts?: 'bind' | 'symlink' }) => {
    const filesystems = options.fs.map(parseFilesystem)
    const sim = Lustresim.create(root, { filesystems, ...(options.mounts && { mounts: options.mounts }) })
    console.log(`put ${sim.bin} in front of PATH; the library is ${sim.library}`)
    for (const fs of sim.filesystems()) console.log(`${fs.name}: ${fs.live}`)
  })

program
  .command('register <root> <fs>')
  .description('register a changelog user on every MDT; nothing is logged before')
  .action((root: string, name: string) => {
    const fs = Lustresim.open(root).fs(name)
    console.log(fs.registerChangelog())
    fs.flush()
  })

program
  .command('op <root> <fs> <operation> [args...]')
  .description('do one thing')
  .addHelpText('after', `\nOperations:\n${operationHelp()}`)
  .option('--jobid <jobid>', 'who does it, as the records say')
  .option('--unflushed', 'write: the data stay in the client')
  .option('--cached', 'write: the client keeps the open')
  .option('--mdt <index>', 'mkdir: on this MDT', number)
  .option('--stripes <count>', 'mkdir: striped', number)
  .action((root: string, name: string, operation: string, args: string[], options: OperationOptions & { jobid?: string }) => {
    const chosen = OPERATIONS[operation]
    if (!chosen) return program.error(`lustresim: no operation '${operation}'; there are:\n${operationHelp()}`)
    const fs = Lustresim.open(root).fs(name)
    if (options.jobid !== undefined) fs.setIdentity({ jobid: options.jobid })
    const result = chosen.run(fs, args, options)
    fs.flush()
    if (Buffer.isBuffer(result)) process.stdout.write(result)
    else if (typeof result === 'string') console.log(result)
  })

program
  .command('snapshot <root> <fs> <name>')
  .description('take a snapshot')
  .option('-c, --comment <text>')
  .action((root: string, name: string, snapshot: string, options: { comment?: string }) => {
    const info = Lustresim.open(root).fs(name).snapshot(snapshot, options)
    console.log(`${info.name} ${info.fsname}`)
  })

program
  .command('log <root> <fs> [mdt]')
  .description('print the changelog of one MDT, or of all, as lfs changelog does')
  .action((root: string, name: string, mdt?: string) => {
    const fs = Lustresim.open(root).fs(name)
    const logs = fs.mdtNames().map((device, at) => ({ device, at }))
    for (const { device, at } of mdt === undefined ? logs : logs.filter((log) => log.at === Number(mdt))) {
      if (mdt === undefined) console.log(`== ${device}`)
      for (const record of fs.records(at)) process.stdout.write(formatRecord(record))
    }
    fs.flush()
  })

program
  .command('tree <root> <fs>')
  .description('print every name with its FID')
  .action((root: string, name: string) => {
    const fs = Lustresim.open(root).fs(name)
    fs.reconcile()
    for (const { path, fid } of fs.tree()) process.stdout.write(Buffer.concat([Buffer.from(`${fid} /`), path, Buffer.from('\n')]))
    fs.flush()
  })

program
  .command('sync <root> <fs>')
  .description('adopt what other programs changed in the live tree')
  .option('--clients', 'also write back what clients have not flushed')
  .action((root: string, name: string, options: { clients?: boolean }) => {
    const fs = Lustresim.open(root).fs(name)
    if (options.clients) fs.sync()
    fs.flush({ reconcile: true })
  })

program
  .command('fault <root> [json]')
  .description('print the faults, or replace them: {"barrier_expiries":1}')
  .action((root: string, json?: string) => {
    const sim = Lustresim.open(root)
    if (json !== undefined) sim.setFaults(JSON.parse(json) as Faults)
    console.log(JSON.stringify(sim.faults))
  })

program
  .command('destroy <root>')
  .description('unmount everything and remove the simulator')
  .action((root: string) => Lustresim.open(root).destroy())

function collect(value: string, before: string[]): string[] {
  return [...before, value]
}

function parseFilesystem(text: string) {
  const [name = '', mdts = '1', osts = '1'] = text.split(':')
  return { name, mdts: number(mdts), osts: number(osts) }
}

function number(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('a whole number is wanted')
  return Number(text)
}

try {
  program.parse()
} catch (error) {
  program.error(error instanceof Error ? error.message : String(error))
}
