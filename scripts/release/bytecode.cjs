'use strict'
/**
 * Makes the bytecode of the release in whose folder it lies: `node bytecode.cjs PLACE`, where PLACE is the folder that the release will have. It is
 * run once, with the Node.js that is to run the commands, before anybody can run them from there.
 */
const { closeSync, fsyncSync, mkdirSync, openSync, readdirSync, writeFileSync } = require('node:fs')
const { join } = require('node:path')
const { setFlagsFromString } = require('node:v8')
const { BYTECODE, FOLDER, bytecodeFile, compile } = require('./chunks.cjs')

const [, , place] = process.argv
mkdirSync(BYTECODE, { recursive: true })
for (const name of readdirSync(FOLDER).filter((name) => name.endsWith('.js'))) writeDurably(bytecodeFile(name), bytecodeOf(name))
flush(BYTECODE)

/** Of all functions, not only of those that have been called. V8 knows bytecode by its settings too, so these are put back first. */
function bytecodeOf(name) {
  setFlagsFromString('--no-lazy')
  const script = compile(name, undefined, join(place, 'chunks', name))
  setFlagsFromString('--lazy')
  return script.createCachedData()
}

/** V8 does not look for damage: it would run what a crash of the machine has left half written. */
function writeDurably(file, bytes) {
  writeFileSync(file, bytes)
  flush(file)
}

function flush(path) {
  const descriptor = openSync(path, 'r')
  fsyncSync(descriptor)
  closeSync(descriptor)
}
