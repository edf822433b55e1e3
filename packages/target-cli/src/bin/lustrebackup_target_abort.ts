#!/usr/bin/env node
import { runCommand } from '@lustrebackup/core/cli/run-command'
import { targetAbort } from '../target-abort.js'

void runCommand(targetAbort)
