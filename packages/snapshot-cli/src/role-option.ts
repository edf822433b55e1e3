import { detectSide, type Side } from '@lustrebackup/core/config/detect-role'
import { Option } from 'commander'

const SIDES: readonly Side[] = ['source', 'target']

/** `--role`, for the commands that both sides have. */
export function roleOption(): Option {
  return new Option('--role <side>', 'which side this is (default: what state and configuration say)').choices(SIDES)
}

export function sideOf(options: { readonly role?: Side; readonly config: string }): Side {
  return options.role ?? detectSide(options.config)
}
