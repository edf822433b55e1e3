'use strict'
/**
 * Runs the chunks of an installed release, each with the bytecode that the installation has made of it: V8 would spend half of a short
 * command's time on reading through their text. V8 takes bytecode only of its own version and settings and compiles the text otherwise, as
 * it does where there is none. Nothing is ever written here: whoever runs a command may not, or is root.
 *
 * V8 knows a text again by its length alone. That is enough, because a release is made as a whole and never changed afterwards.
 */
const { readFileSync } = require('node:fs')
const { join } = require('node:path')
const { Script } = require('node:vm')

const FOLDER = join(__dirname, 'chunks')
/** Of exactly this Node.js: V8 tells its own versions apart, and not what distributions and Node.js itself mend in one of them. */
const BYTECODE = join(__dirname, 'bytecode', `${process.version}-${process.arch}`)
const OPENING = '(function (exports, require, module, __filename, __dirname) {'
const CHUNK = /^\.\/[^/]+\.js$/

const loaded = new Map()

/** What a chunk exports. `name`: as other chunks import it, such as `./NAME.js`. */
function load(name) {
  const file = join(FOLDER, name)
  // Source maps are followed by the loader of Node.js only.
  if (process.sourceMapsEnabled) return require(file)
  const known = loaded.get(name)
  if (known !== undefined) return known.exports
  const chunk = { exports: {} }
  loaded.set(name, chunk)
  compile(name, savedBytecode(name)).runInThisContext()(chunk.exports, requireOf, chunk, file, FOLDER)
  return chunk.exports
}

/** The script of a chunk; its value is the function around the text, as for a module of Node.js. Bytecode brings the file's name along that stack traces tell. */
function compile(name, cachedData, filename = join(FOLDER, name)) {
  // The text is ASCII, for which this is the quickest way.
  const text = readFileSync(join(FOLDER, name), 'latin1')
  return new Script(`${OPENING}${text}\n})`, { filename, columnOffset: -OPENING.length, cachedData })
}

function savedBytecode(name) {
  try {
    return readFileSync(bytecodeFile(name))
  } catch {
    return undefined
  }
}

function bytecodeFile(name) {
  return join(BYTECODE, `${name}c`)
}

function requireOf(wanted) {
  return CHUNK.test(wanted) ? load(wanted) : require(wanted)
}

module.exports = { FOLDER, BYTECODE, load, compile, bytecodeFile }
