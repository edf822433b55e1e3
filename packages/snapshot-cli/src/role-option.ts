import { detectSide, type Side } from '@lustrebackup/core/config/detect-role'
import { InvalidArgumentError } from 'commander'

export const ROLE_HELP = 'source or target (default: what state and configuration say)'

/** Value of `--role`. */
export function side(text: string): Side {
  if (text === 'source' || text === 'target') return text
  throw new InvalidArgumentError('It must be source or target.')
}

export function sideOf(options: { readonly role?: Side; readonly config: string }): Side {
  return options.role ?? detectSide(options.config)
}
