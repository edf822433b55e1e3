import { serveJob } from '../workers/serve-job.js'
import { createContentJob } from './content.job.js'

serveJob(createContentJob)
