import type { Fid } from '../../types/fid.js'
import type { PathBytes } from '../../types/path-bytes.js'
import type { HistoryRun, Report } from '../report-types.js'

const DAY = 86_400
const NOW = 1_795_423_083

/** A report with something of everything: a month of backups, names that would be markup, folders with long names, owed entries. */
export function sampleReport(): Report {
  const history = Array.from({ length: 30 }, (_, index) => sampleRun(index))
  const folders = [
    'projects/climate-model',
    'home/anna',
    'projects/genome-assembly-with-a-very-long-name-2026',
    '<script>alert("x")</script>',
    '',
    'scratch/\u202egnp',
  ]
  return {
    software: '0.1.0',
    madeAt: NOW + 5000,
    fsname: 'src',
    timestamp: NOW,
    snapshotName: `src-backup-${NOW}`,
    kind: 'incremental',
    base: NOW - DAY,
    headerDigest: '0'.repeat(64),
    startedAt: NOW + 600,
    finishedAt: NOW + 4800,
    phaseSeconds: {
      fetch: 3.4,
      'namespace-out': 12.1,
      'namespace-in': 41,
      prepare: 8,
      data: 2710,
      compare: 730.5,
      attributes: 130,
      snapshot: 22,
    },
    totals: {
      fileCount: 184_223n,
      contentBytes: 3_112_340_000_000n,
      receivedBytes: 1_204_500_000_000n,
      entries: { done: 212_001, repaired: 12, owed: 2 },
      removedCount: 0,
      driftCount: 0,
      comparison: null,
      incompleteDirectories: false,
    },
    tree: { entryCount: 412_330_120, bytes: 2_211_340_000_000_000n },
    owedCount: 130,
    owed: [
      {
        fid: '[0x200000401:0x1:0x0]' as Fid,
        path: Buffer.from('home/anna/<b>bold</b>.tex') as PathBytes,
        reason: 'rsync: Permission denied (13)',
      },
      { fid: '[0x200000401:0x2:0x0]' as Fid, path: Buffer.from('caf\xe9', 'latin1') as PathBytes, reason: 'vanished while it was read' },
    ],
    counts: null,
    changes: {
      kinds: {
        created: { entryCount: 120_412, bytes: 2_400_000_000_000n },
        data: { entryCount: 63_811, bytes: 712_340_000_000n },
        attributes: { entryCount: 20_733, bytes: 0n },
        moved: { entryCount: 7411, bytes: 0n },
        linked: { entryCount: 12, bytes: 0n },
        removed: { entryCount: 98_002, bytes: 0n },
        present: { entryCount: 0, bytes: 0n },
      },
      folders: folders.map((path, index) => ({
        path: Buffer.from(path) as PathBytes,
        bytes: 2_000_000_000_000n / BigInt(4 ** index),
        entryCount: Math.ceil(100_000 / 3 ** index),
      })),
      foldersApproximate: false,
      countedEntries: 310_381,
      entryCount: 310_381,
    },
    history,
  }
}

function sampleRun(index: number): HistoryRun {
  const timestamp = NOW - (29 - index) * DAY
  const contentBytes = BigInt(1_000_000_000 * (100 + ((index * 7919) % 3000)))
  return {
    timestamp,
    kind: index === 0 ? 'full' : 'incremental',
    startedAt: timestamp + 600,
    finishedAt: timestamp + 4800,
    workSeconds: 1500 + ((index * 104_729) % 4000),
    transferSeconds: 900 + ((index * 7907) % 2500),
    fileCount: 184_223n,
    contentBytes,
    owedCount: index % 11 === 7 || index === 29 ? 3 : 0,
  }
}
