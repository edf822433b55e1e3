import { serveJob } from '../workers/serve-job.js'
import { createBlockJob } from './block.job.js'

serveJob(createBlockJob)
