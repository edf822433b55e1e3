import { serveJob } from '../workers/serve-job.js'
import { createReduceJob } from './reduce.job.js'

serveJob(createReduceJob)
