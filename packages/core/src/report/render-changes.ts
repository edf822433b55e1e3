import { formatBytes, formatCount } from '../cli/format-units.js'
import { barChart } from './bar-chart.js'
import { escapeHtml, shownPath } from './html-text.js'
import { CHANGE_KINDS, type ChangeKind, type FolderFigures, type MapChanges, type Report } from './report-types.js'

const FOLDERS_SHOWN = 15

const KIND_WORDS: Readonly<Record<ChangeKind, string>> = {
  created: 'created',
  data: 'with new data',
  attributes: 'with new attributes',
  moved: 'moved or renamed',
  linked: 'more hard links',
  removed: 'removed',
  present: 'in the tree',
}

/** Entries and bytes by what happened to them. */
export function renderKinds({ changes, kind }: Report): string {
  if (changes === null) return ''
  const title = `<h2>${kind === 'full' ? 'What the map holds' : 'Changes by kind'}</h2>`
  const kinds = CHANGE_KINDS.filter((one) => changes.kinds[one].entryCount > 0)
  if (kinds.length === 0) return `${title}\n<p>Nothing has changed.</p>`
  const entries = kinds.map((one) => bar(one, changes.kinds[one].entryCount, formatCount(changes.kinds[one].entryCount)))
  const bytes = kinds
    .filter((one) => changes.kinds[one].bytes > 0n)
    .map((one) => bar(one, Number(changes.kinds[one].bytes), formatBytes(changes.kinds[one].bytes)))
  return [
    title,
    counted(changes),
    '<h3>Entries</h3>',
    barChart('Entries by kind', entries),
    ...(bytes.length === 0 ? [] : ['<h3>Size of the files</h3>', barChart('Bytes by kind', bytes)]),
  ].join('\n')
}

function bar(kind: ChangeKind, value: number, text: string) {
  return { label: KIND_WORDS[kind], value, text }
}

function counted({ countedEntries, entryCount }: MapChanges): string {
  return countedEntries >= entryCount
    ? ''
    : `<p class="soft">Of the ${formatCount(entryCount)} entries of the map, the first ${formatCount(countedEntries)} were counted here.</p>`
}

/** The folders in which most has happened. */
export function renderFolders({ changes, kind }: Report): string {
  if (changes === null || changes.folders.length === 0) return ''
  const shown = changes.folders.slice(0, FOLDERS_SHOWN)
  const byBytes = shown.some(({ bytes }) => bytes > 0n)
  const bars = shown.map((folder) => ({
    label: shownPath(folder.path),
    value: byBytes ? Number(folder.bytes) : folder.entryCount,
    text: textOf(folder),
  }))
  const about = changes.foldersApproximate ? '<p class="soft">There are so many folders that a figure may be too small.</p>' : ''
  const title = kind === 'full' ? 'Biggest folders' : 'Biggest changes by folder'
  return [`<h2>${escapeHtml(title)}</h2>`, about, barChart(title, bars)].join('\n')
}

function textOf({ bytes, entryCount }: FolderFigures): string {
  const entries = `${formatCount(entryCount)} ${entryCount === 1 ? 'entry' : 'entries'}`
  return bytes === 0n ? entries : `${formatBytes(bytes)}, ${entries}`
}
