import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { metaLayout } from '@lustrebackup/core/state/meta-layout'
import { compareTrees } from '@lustrebackup/lustresim/site/compare-trees'
import { type CommandResult, startCommand } from '@lustrebackup/lustresim/site/site'
import { openBooks } from './books.js'
import { bundle } from './bundle.js'
import { makeCrashTree } from './quick-change.js'
import type { QuickScenario } from './quick-scenarios.js'
import { QuickSite } from './quick-site.js'

/** Kills processes at crash points, and finishes what they had begun in this process. */
export class QuickLoop {
  #round = 0

  private constructor(
    private readonly site: QuickSite,
    private readonly program: string,
  ) {}

  /** A site after its first backup. */
  static async open(parent: string): Promise<QuickLoop> {
    const loop = new QuickLoop(new QuickSite({ parent }), await bundle('quick-child.ts'))
    makeCrashTree(loop.site.source.fs)
    loop.site.source.snapshot()
    await loop.#finish({ full: false })
    return loop
  }

  /** The points that a step passes, in their order, with what tells them apart. */
  async trace(scenario: QuickScenario): Promise<string[]> {
    const file = join(this.site.source.folder, 'trace')
    await this.#prepare(scenario)
    const { exitCode, stderr } = await this.#start(scenario, file)
    if (exitCode !== (scenario.exitCode ?? 0)) throw new Error(`${scenario.name}: ${stderr}`)
    const passed = readFileSync(file, 'utf8').trim().split('\n')
    rmSync(file)
    await this.#finish(scenario)
    return passed
  }

  /**
   * Kills the step of a scenario at a point, and lets everything be finished. Throws what is wrong then. false: the step came to its end before; how often
   * it passes a point may depend on the rounds before.
   */
  async kill(scenario: QuickScenario, at: string): Promise<boolean> {
    await this.#prepare(scenario)
    const { exitCode, stderr } = await this.#start(scenario, at)
    if (exitCode !== null && exitCode !== (scenario.exitCode ?? 0))
      throw new Error(`${scenario.name} was not killed at ${at}, but ended with ${exitCode}: ${stderr}`)
    await this.#finish(scenario)
    return exitCode === null
  }

  close(): void {
    this.site.close()
    rmSync(this.program)
  }

  async #prepare(scenario: QuickScenario): Promise<void> {
    await scenario.prepare(this.site, () => {
      this.#round += 1
      return this.#round
    })
    this.site.source.fs.flush()
  }

  async #start({ step }: QuickScenario, at: string): Promise<CommandResult> {
    const { folder, context } = this.site.source
    const args = [this.program, folder, String(context.nowSeconds()), step]
    return await startCommand(process.execPath, args, { LUSTREBACKUP_CRASH_AT: at }).result
  }

  /** The same commands again, as a person or cron would: map, backup. Then the trees are equal and the books are closed. */
  async #finish({ full, exitCode = 0, differenceCount }: Pick<QuickScenario, 'full' | 'exitCode' | 'differenceCount'>): Promise<void> {
    const { verification } = this.site
    if (differenceCount !== undefined) await verification.finish(differenceCount)
    else await this.#finishBackup(full, exitCode)
    const wrong = [...(await this.#differences()), ...this.#openBooks()]
    if (wrong.length > 0) throw new Error(wrong.join('\n'))
  }

  async #finishBackup(full: boolean, exitCode: number): Promise<void> {
    const { source, target } = this.site
    // Whoever was killed before the failure that its scenario provides is not to meet it now.
    target.ownProgram('rsync')
    await source.map({ full })
    const run = target.run()
    // A failure that was recorded before the kill is told once more, and then forgotten.
    const outcome = await (exitCode === 0 ? run : run.catch(() => target.run()))
    if (outcome?.kind === 'finished' && outcome.backup.owed.length > 0) throw new Error(`owed: ${JSON.stringify(outcome.backup.owed)}`)
    const again = await target.run()
    if (again?.kind !== 'nothing-to-do' || again.acknowledged !== null) throw new Error('there still was something to do')
  }

  async #differences(): Promise<readonly string[]> {
    const { fs } = this.site.source
    const { tree } = fs.core.paths.snapshot(fs.snapshots.list()[0]!.fsname)
    return (await compareTrees(tree, this.site.target.data, { exclude: [] })).differences
  }

  #openBooks(): string[] {
    const { source } = this.site
    const mounts = source.sim.mounts().map(({ target }) => target)
    const target = metaLayout(join(source.folder, 'target/meta'))
    const wrong = openBooks(source.context.nowSeconds(), source.layout, target, source.fs)
    return mounts.length === 1 ? wrong : [...wrong, `mounted are ${mounts.join(', ')}`]
  }
}
