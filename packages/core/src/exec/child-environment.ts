/** What children may see of our environment. Everything else could change what a program does or the language that it answers in. */
const PASSED_ON = ['HOME', 'USER', 'LOGNAME', 'TMPDIR', 'SSH_AUTH_SOCK'] as const

/** The environment of every child: a PATH of ours, the C locale, and what it needs to find keys and agents. */
export function childEnvironment(commandPath: string, own: NodeJS.ProcessEnv): Record<string, string> {
  const environment: Record<string, string> = { PATH: commandPath, LANG: 'C', LC_ALL: 'C' }
  for (const name of PASSED_ON) {
    const value = own[name]
    if (value !== undefined) environment[name] = value
  }
  return environment
}
