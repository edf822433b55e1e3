/** The namespace phases of a backup as lustrebackup_target runs them: `engine.mjs FOLDER DATA STAGING RESULT`, with parts.json and the parts in FOLDER. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DriftLog } from '../../packages/core/dist/namespace/drift-log.js'
import { runIn } from '../../packages/core/dist/namespace/in-run.js'
import { runOut } from '../../packages/core/dist/namespace/out-run.js'
import { closeStaging, openStaging } from '../../packages/core/dist/namespace/staging-run.js'
import { planStaying } from '../../packages/core/dist/namespace/staying-run.js'
import { treeOpener } from '../../packages/core/dist/tree/open-tree.js'

const [folder, dataPath, stagingPath, resultFile] = process.argv.slice(2)
const map = { folder, header: JSON.parse(readFileSync(join(folder, 'parts.json'), 'utf8')) }
const openTree = treeOpener()
const data = openTree(dataPath)
const drift = DriftLog.open(join(folder, 'drift.ndjson'))
const seconds = {}
const { signal } = new AbortController()

let staying = null

async function phase(name, run) {
  const started = performance.now()
  const staging = await openStaging(stagingPath, data, openTree)
  staying ??= await planStaying(map, signal)
  await run({ data, staging, staying, drift, signal, resumed: false })
  if (name === 'in') await closeStaging(staging)
  else staging.close()
  await data.sync()
  seconds[name] = (performance.now() - started) / 1000
}

await phase('out', (context) => runOut(map, context))
await phase('in', (context) => runIn(map, context))
if (drift.drifts.length > 0) throw new Error(`the target differs: ${JSON.stringify(drift.drifts[0])}`)
data.close()
writeFileSync(resultFile, JSON.stringify(seconds))
