/** A worker of the real map engine that looks things up in the generated world. */
import { mapJobOn } from '../../packages/core/dist/backupmap/map.job.js'
import { serveJob } from '../../packages/core/dist/workers/serve-job.js'
import { generatedLustre } from './generated-lustre.mjs'

serveJob((settings, workerIndex) => mapJobOn(generatedLustre(0), settings, workerIndex))
