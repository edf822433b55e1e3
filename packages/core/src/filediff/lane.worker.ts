import { serveJob } from '../workers/serve-job.js'
import { createLaneJob } from './lane.job.js'

serveJob(createLaneJob)
