import { findProgram, runQuiet, StepError } from './process.mjs'

/** What has to be on the machine: programs, any one of which is enough, and the packages that bring them. */
const REQUIREMENTS = [
  { what: 'C compiler', programs: compilers('CC', 'cc', 'gcc', 'clang'), debian: 'gcc', rhel: 'gcc', for: 'build' },
  { what: 'C++ compiler', programs: compilers('CXX', 'c++', 'g++', 'clang++'), debian: 'g++', rhel: 'gcc-c++', for: 'build' },
  { what: 'rsync', programs: ['rsync'], debian: 'rsync', rhel: 'rsync', for: 'everything' },
  { what: 'ssh', programs: ['ssh'], debian: 'openssh-client', rhel: 'openssh-clients', for: 'everything' },
  { what: 'ssh-keygen', programs: ['ssh-keygen'], debian: 'openssh-client', rhel: 'openssh', for: 'everything' },
  { what: 'sshd', programs: ['sshd'], debian: 'openssh-server', rhel: 'openssh-server', for: 'everything' },
  { what: 'setfacl', programs: ['setfacl'], debian: 'acl', rhel: 'acl', for: 'everything' },
  { what: 'getfattr', programs: ['getfattr'], debian: 'attr', rhel: 'attr', for: 'everything' },
  { what: 'findmnt', programs: ['findmnt'], debian: 'util-linux', rhel: 'util-linux', for: 'everything' },
  { what: 'shellcheck', programs: ['shellcheck'], debian: 'shellcheck', rhel: 'ShellCheck', for: 'everything', optional: true },
]

/** Installs what is missing where that is possible without asking (root on Debian and its relatives), otherwise says in one message all that is missing. */
export async function ensureSystem(extent) {
  const wanted = REQUIREMENTS.filter((requirement) => extent === 'everything' || requirement.for === 'build')
  const absent = wanted.filter(isMissing)
  if (absent.length === 0) return
  if (process.getuid?.() === 0 && findProgram('apt-get') !== null) await installDebianPackages(absent)
  const missing = absent.filter(isMissing).filter((requirement) => requirement.optional !== true)
  if (missing.length > 0) throw new StepError(missingMessage(missing), 2)
}

function compilers(variable, ...names) {
  const chosen = process.env[variable]?.split(' ')[0]
  return chosen ? [chosen] : names
}

function isMissing(requirement) {
  return requirement.programs.every((program) => findProgram(program) === null)
}

async function installDebianPackages(absent) {
  const packages = packagesOf(absent, 'debian')
  console.error(`installing ${packages.join(' ')}`)
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const wait = ['-o', 'DPkg::Lock::Timeout=300']
  try {
    await runQuiet('apt-get update', 'apt-get', [...wait, '-q', 'update'], { env })
    await runQuiet('apt-get install', 'apt-get', [...wait, '-q', '-y', '--no-install-recommends', 'install', ...packages], { env })
  } catch (error) {
    // Only what is still missing afterwards decides: an optional package may not exist here.
    console.error(error.message)
  }
}

function missingMessage(missing) {
  return `missing on this machine: ${missing.map((requirement) => requirement.what).join(', ')}. Install them as root:
  Debian, Ubuntu:            apt-get install ${packagesOf(missing, 'debian').join(' ')}
  RHEL, Rocky, Alma, Fedora: dnf install ${packagesOf(missing, 'rhel').join(' ')}`
}

function packagesOf(requirements, family) {
  return [...new Set(requirements.map((requirement) => requirement[family]))]
}
