import { QuickSite, type QuickStep } from './quick-site.js'

/** `FOLDER SECONDS STEP`: one step at a site that another process has made. */
const [folder, nowSeconds, step] = process.argv.slice(2) as [string, string, QuickStep]
const site = new QuickSite({ reopen: { folder, nowSeconds: Number(nowSeconds) } })
await site.perform(step)
process.exit(0)
