#!/usr/bin/env node
import { runCommand } from '@lustrebackup/core/cli/run-command'
import { sourceVerify } from '../source-verify.js'

await runCommand(sourceVerify)
