import { formatBytes } from '../cli/format-units.js'
import type { TransferResult } from './transfer-run.js'

export function describeTransfer(result: TransferResult): string {
  const { sameBytes, dataBytes, zeroBytes, resumedBytes, digest, file } = result
  const parts = [
    `${formatBytes(dataBytes)} transferred`,
    `${formatBytes(sameBytes)} unchanged`,
    ...(zeroBytes > 0n ? [`${formatBytes(zeroBytes)} made holes`] : []),
    ...(resumedBytes > 0n ? [`${formatBytes(resumedBytes)} done before`] : []),
  ]
  return `${formatBytes(file.size)}: ${parts.join(', ')}; digest ${digest}`
}

export function transferDocument(result: TransferResult) {
  const { file, blockSize, channelCount, sameBytes, zeroBytes, dataBytes, resumedBytes, digest } = result
  return { sizeBytes: file.size, blockSize, channelCount, sameBytes, zeroBytes, dataBytes, resumedBytes, digest }
}
