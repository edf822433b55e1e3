import type { CommandContext, CommandSpec } from '@lustrebackup/core/cli/command-types'
import type { Side } from '@lustrebackup/core/config/detect-role'
import type { CheckResult } from '@lustrebackup/core/doctor/doctor-types'
import { EXIT, type ExitCode } from '@lustrebackup/core/errors/errors'
import { roleOption, sideOf } from './role-option.js'

interface DoctorOptions {
  readonly role?: Side
}

export const siteDoctor: CommandSpec<DoctorOptions> = {
  name: 'lustrebackup_doctor',
  description:
    'Checks this side of the backup: configuration, permissions, mounts, MGS, changelogs, ssh, versions, clock and space. Says of each what is wrong and how to mend it.',
  exitCodes: '0 nothing that has to be mended   1 a problem   2 wrong usage',
  declare: (program) => void program.addOption(roleOption()),
  run: diagnose,
}

async function diagnose({ options, signal, openApp, print, printJson }: CommandContext<DoctorOptions>): Promise<ExitCode> {
  const role = sideOf(options)
  const { describeResult, runDoctor } = await import('@lustrebackup/core/doctor/doctor-run')
  const show = (result: CheckResult) => (options.json ? undefined : print(describeResult(result)))
  const { results, checks } = await openSite(role, { options, signal, openApp, print, printJson, args: [] }, show)
  const all = [...results, ...(await runDoctor(checks, signal, show))]
  if (options.json) printJson(all)
  return all.some(({ verdict }) => verdict === 'problem') ? EXIT.failed : EXIT.done
}

/** The first finding is whether the configuration can be used at all; the checks need one. */
async function openSite(role: Side, { options, openApp }: CommandContext<DoctorOptions>, show: (result: CheckResult) => void) {
  const { runDoctor } = await import('@lustrebackup/core/doctor/doctor-run')
  const { fine } = await import('@lustrebackup/core/doctor/doctor-types')
  const { hostChecks } = await import('@lustrebackup/core/doctor/host-checks')
  const { sourceChecks, targetChecks } = await import('@lustrebackup/core/doctor/site-checks')
  const opened: Awaited<ReturnType<typeof openApp>>[] = []
  const check = {
    name: 'configuration',
    run: async () => {
      opened.push(await openApp(role, { evenUnmounted: true }))
      return [fine(`${options.config}, of the ${role}`)]
    },
  }
  const results = await runDoctor([check], new AbortController().signal, show)
  const [app] = opened
  if (app === undefined) return { results, checks: [] }
  return { results, checks: [...hostChecks({ ...app, side: role }), ...(role === 'source' ? sourceChecks(app) : targetChecks(app))] }
}
