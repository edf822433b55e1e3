import { execFileSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'
import type { Subject } from '../support/subject.js'
import { wrongWithMgs } from './mgs-templates.js'
import { type Judgement, ResidentValidator } from './resident.js'
import { wrongWithSource } from './source-templates.js'

const SCRIPTS = fileURLToPath(new URL('../../../scripts', import.meta.url))
const DATA = '-lHogDtpAXIRSe.LsfxCIvu --numeric-ids --inplace --files-from=- --from0 --no-implied-dirs'
const SMALL_FILES = '-lWHogDtpAXIRe.LsfxCIvu --numeric-ids --inplace --files-from=- --from0 --no-implied-dirs'
const ATTRIBUTES = '-ldHogDtpAXRSe.LsfxCIvu --numeric-ids --files-from=- --from0 --no-implied-dirs'

export interface ValidatorSubjects extends Disposable {
  readonly subjects: readonly Subject[]
}

/** Both forced commands, each with a folder that its self-test has prepared. */
export function openValidatorSubjects(): ValidatorSubjects {
  const source = openOne({
    name: 'lustrebackup_ssh_command_validator',
    from: SCRIPTS,
    argumentsIn: (site) => ['-c', join(site, 'conf')],
    valid: sourceCommands,
    wrongWith: wrongWithSource,
  })
  const mgs = openOne({
    name: 'lctl_ssh_command_validator',
    from: join(SCRIPTS, 'mgs'),
    argumentsIn: (site) => ['-F', 'src', '-c', join(site, 'lctl_snapshot.conf')],
    valid: mgsCommands,
    wrongWith: wrongWithMgs,
  })
  return {
    subjects: [source.subject, mgs.subject],
    [Symbol.dispose]: () => {
      source.close()
      mgs.close()
    },
  }
}

interface Forced {
  readonly name: string
  readonly from: string
  readonly argumentsIn: (site: string) => readonly string[]
  readonly valid: (site: string) => readonly string[]
  readonly wrongWith: (judgement: Judgement, site: string) => string | null
}

function openOne({ name, from, argumentsIn, valid, wrongWith }: Forced): { readonly subject: Subject; close(): void } {
  const site = mkdtempSync(join(tmpdir(), 'lustrebackup-validators-'))
  chmodSync(site, 0o755)
  const corpus = splitAtNul(execFileSync(join(from, `${name}_self_test.sh`), ['--list', site])).filter((attack) => attack.length < 500)
  const seeds = valid(site).map((command) => Buffer.from(command))
  const resident = new ResidentValidator(site, name, argumentsIn(site))
  const subject: Subject = {
    name,
    form: 'words',
    seeds,
    pieces: [...seeds, ...corpus, ...pathsIn(corpus)],
    async check(input, _random, isValid) {
      const judgement = await resident.judge(input.filter((byte) => byte !== 0) as Buffer)
      if (judgement.words.length === 0) {
        expect(judgement.exitCode).toBe(1)
        expect(judgement.stderr).toMatch(new RegExp(`^${name}: refused: [^\\n]*\\n$`))
        expect(isValid).toBe(false)
      } else {
        expect(wrongWith(judgement, site)).toBeNull()
        expect(judgement.stderr).toBe('')
      }
    },
  }
  return {
    subject,
    close: () => {
      resident[Symbol.dispose]()
      rmSync(site, { recursive: true, force: true })
    },
  }
}

/** Where attacks want to get to, as often as everything else together. */
function pathsIn(corpus: readonly Buffer[]): Buffer[] {
  const words = corpus.flatMap((attack) => attack.toString('latin1').split(/[ =]/))
  const paths = Array.from(new Set(words.filter((word) => /^\/[\w./+@%-]+$/.test(word))), (path) => Buffer.from(path, 'latin1'))
  return Array.from({ length: Math.ceil(corpus.length / Math.max(paths.length, 1)) }, () => paths).flat()
}

function splitAtNul(bytes: Buffer): Buffer[] {
  const texts: Buffer[] = []
  for (let from = 0, end = bytes.indexOf(0); end !== -1; from = end + 1, end = bytes.indexOf(0, from)) texts.push(bytes.subarray(from, end))
  return texts
}

function sourceCommands(site: string): string[] {
  const mount = join(site, 'snap/src-backup-1700000000.backup')
  const map = join(site, 'meta/backupmap/1700000000')
  return [
    'lustrebackup_source_init',
    `lustrebackup_source_init -c ${site}/conf -n`,
    `/usr/local/bin/lustrebackup_source_init -c ${site}/conf -v`,
    `lustrebackup_source_done -c ${site}/conf -t 1700000000`,
    'lustrebackup_source_abort --verbose',
    'lustrebackup_source_verify_init --timestamp=1700000000',
    'lustrebackup_source_verify_list -s 1 --end 2',
    `lustrebackup_source_filediff -a -b 4096 -o 0 -e 9 -s 7 -n 64 -d -f ${mount}/data/%62ig`,
    `rsync --server --sender ${DATA} . ${mount}/`,
    `rsync --server --sender ${SMALL_FILES} . ${mount}/`,
    `/usr/bin/rsync --server --sender ${ATTRIBUTES} . ${mount}/data/`,
    `rsync --server --sender -tRe.LsfxCIvu --files-from=- --from0 . ${map}/`,
    `scp -f ${map}/header.json`,
    `/bin/stat ${mount}/data/big`,
  ]
}

function mgsCommands(): string[] {
  return [
    'lctl_snapshot_list.sh -F src',
    '/usr/local/sbin/lctl_snapshot_list.sh -F src -n s1 -d',
    "lctl_snapshot_create.sh -F src -n s1 -c 'a, (b; c) && d | e > f * 50 %' -t 60 -b off",
    'lctl_snapshot_create.sh -F src -n s1 -c word',
    'lctl_snapshot_mount.sh -F src -n s1',
    '/bin/lctl_snapshot_umount.sh -F src -n s1',
    'lctl_snapshot_destroy.sh -F src -n s1 -f',
    '/etc/init.d/lustre status MGS',
  ]
}
