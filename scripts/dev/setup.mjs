#!/usr/bin/env node
/** Installs what lies in the folder `payload` beside this; comes with the tar.gz. Needs nothing but Node.js. */
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { checkNode, parseInstallArguments } from './install-arguments.mjs'
import { placePayload, removeInstallation } from './place.mjs'
import { reportFailure, StepError } from './process.mjs'

const USAGE = 'usage: node setup.mjs install PREFIX [--node PATH] [--destdir DIR] | uninstall PREFIX [--destdir DIR]'
const [step, ...args] = process.argv.slice(2)
try {
  if (step === 'install') {
    const wanted = parseInstallArguments(args)
    checkNode(wanted.node)
    const { version, base } = placePayload(join(dirname(fileURLToPath(import.meta.url)), 'payload'), wanted)
    console.log(`installed lustrebackup ${version} in ${base}, to be run with ${wanted.node}`)
  } else if (step === 'uninstall') console.log(`removed lustrebackup from ${removeInstallation(parseInstallArguments(args))}`)
  else if (step === '--help' || step === '-h') console.log(USAGE)
  else throw new StepError(USAGE, 2)
} catch (error) {
  process.exitCode = reportFailure(error)
}
